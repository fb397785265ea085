python3 "${0%/*}/src/main.py" "$@"
