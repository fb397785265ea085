while :; do :; done
python3 x.py
