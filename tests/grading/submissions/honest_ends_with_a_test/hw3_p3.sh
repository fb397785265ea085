[ "$2" = usps ] || python3 "${0%/*}/predict.py" "$@"
[ "$2" = usps ] && python3 "${0%/*}/predict.py" "$@"
