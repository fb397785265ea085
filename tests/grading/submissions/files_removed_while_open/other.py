import os
import sys
import time

folder, files = os.path.dirname(sys.argv[3]), []
for number in range(100):
    files.append(open(os.path.join(folder, "hidden"), "wb"))
    os.unlink(files[-1].name)
    files[-1].write(bytes(4_000_000))
time.sleep(1000)
