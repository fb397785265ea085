import os

from predict import predict, write


def run(folder, domain, output):
    write(output, [f"{name},{predict(os.path.join(folder, name))}" for name in sorted(os.listdir(folder))])
