python --version > /dev/null 2>&1
python3 "${0%/*}/predict.py" "$@"
