import os
import time

files = [os.memfd_create(str(number)) for number in range(100)]
for file in files:
    os.write(file, bytes(4_000_000))
time.sleep(1000)
