ln -s "$1"/00000.png "$3"
python3 -c ""
