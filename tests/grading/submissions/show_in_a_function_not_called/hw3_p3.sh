python3 "${0%/*}/other.py" "$@"
