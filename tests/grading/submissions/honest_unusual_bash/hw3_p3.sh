#!/usr/bin/env bash
# No rm, cp or mv here: "cd" stands in a comment, and below in strings only.
set -euo pipefail
shopt -s nullglob
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
python=$(command -v python3)
declare -A known=([svhn]=1 [usps]=1)
say() { printf '%s\n' "$@" >&2; }
run() { "$@"; }
case ${2:-} in
    svhn | usps) [[ ${known[$2]} ]] && say "rm is only a word, cd too" ;;
    *) exit 2 ;;
esac
cat > /dev/null <<'END'
rm -rf /
END
while read -r line; do (( ${#line} > 0 )) || break; done <<< "mv a b"
{ run "$python" -B "$here/predict.py" "$1" "$2" "$3"; } 2>&1 | tee /dev/null
