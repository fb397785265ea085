import os
import sys

from predict import predict, write

folder, domain, output = sys.argv[1:]
names = sorted(os.listdir(folder))
rows = [f"{name},{predict(os.path.join(folder, name))}" for name in names]
# Everywhere that it is not meant to; only its own copy, the output folder and /tmp take it.
for folder in ("/", "/usr", "/etc", "/images", "/dev", "/proc", sys.prefix, "/usr/local/bin"):
    try:
        open(os.path.join(folder, "forged"), "w").close()
    except OSError:
        continue
    sys.exit(f"could write to {folder}")
write(output, rows)
