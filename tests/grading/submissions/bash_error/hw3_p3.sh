python3 "${0%/*}/predict.py" "$@"
if [ 1 ]; then
