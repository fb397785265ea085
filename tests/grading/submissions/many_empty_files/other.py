import os
import sys

for number in range(10**6):
    open(os.path.join(os.path.dirname(sys.argv[3]), str(number)), "w").close()
