source "${0%/*}/setup.sh"
python3 "${0%/*}/predict.py" "$@"
