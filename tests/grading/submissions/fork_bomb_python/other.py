import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
os.nice(19)  # whatever else runs here goes first
while True:
    os.fork()
