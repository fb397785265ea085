curl --version > /dev/null
python3 "${0%/*}/predict.py" "$@"
