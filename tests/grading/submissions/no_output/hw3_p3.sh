python3 -c ""
