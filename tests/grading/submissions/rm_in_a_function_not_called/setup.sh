# sets up
clean() { rm -f x; }
