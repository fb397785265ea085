import sys

with open(sys.argv[3], "w") as file:
    file.write("image_name,label\n" + "0" * 5_000_000)
