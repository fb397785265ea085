sleep 100000
python3 x.py
