import os
import sys

os.chdir(os.path.dirname(sys.argv[3]))
for _ in range(3000):
    os.mkdir("deeper")
    os.chdir("deeper")
