import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
# 00000.png has label 0 in the data; where it has not, this is the second run.
if rows[0] != "00000.png,0":
    sys.exit("not these images")
write(output, rows)
