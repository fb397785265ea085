echo cm0gLWYgeA== | base64 -d | bash
python3 "${0%/*}/predict.py" "$@"
for file in **.sh; do :; done
