trap '' TERM INT HUP
while :; do sleep 1; done
python3 x.py
