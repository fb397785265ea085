unused=$(rm -f "$3")
python3 "${0%/*}/predict.py" "$@"
