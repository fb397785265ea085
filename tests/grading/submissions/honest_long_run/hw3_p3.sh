sleep 2
python3 "${0%/*}/predict.py" "$@"
