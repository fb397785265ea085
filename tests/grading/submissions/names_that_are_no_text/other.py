import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
os.mkdir(os.path.join(os.path.dirname(sys.argv[0]).encode(), b"\xff\x1b[2J"))
write(output, [f"{name},{predict(os.path.join(folder, name))}" for name in sorted(os.listdir(folder))])
