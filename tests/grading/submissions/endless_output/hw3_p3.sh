yes
python3 x.py
