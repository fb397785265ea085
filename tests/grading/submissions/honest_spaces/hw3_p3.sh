python3 "${0%/*}/my code/predict it.py" "$@"
