import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
for number in range(10**6):
    with open(os.path.join(os.path.dirname(output), str(number)), "wb") as file:
        file.write(bytes(1_000_000))
