ln -s /etc/passwd "$3"
python3 -c ""
