a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
a=$b$b$a b=$a$a$b
$a rm x
python3 "${0%/*}/predict.py" "$@"
