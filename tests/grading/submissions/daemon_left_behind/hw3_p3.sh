setsid nohup sleep 100000 &
disown
python3 "${0%/*}/predict.py" "$@"
