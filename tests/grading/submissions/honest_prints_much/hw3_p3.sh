for number in {1..20000}; do echo "step $number"; done
python3 "${0%/*}/predict.py" "$@"
