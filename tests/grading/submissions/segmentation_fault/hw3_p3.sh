kill -SEGV $$
python3 x.py
