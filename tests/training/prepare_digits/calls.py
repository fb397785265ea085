"""training.data.prepare_digits, called as its user calls it, and what it must have written."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[3]
OUTSIDE = "http://127.0.0.1:9"  # nothing listens on the discard port: requests elsewhere fail
ENVIRONMENT = {
    **os.environ,
    "http_proxy": OUTSIDE,
    "https_proxy": OUTSIDE,
    "no_proxy": "127.0.0.1",
    "PYTHONPATH": str(ROOT),
}


def command(out, *options):
    return [sys.executable, "-m", "training.data.prepare_digits", "--out", str(out), *map(str, options)]


def mnistm_only(server, checksums):
    """The quickest domain: it needs no torchvision."""
    return ("--only", "mnistm", "--mirror", server.url, "--checksums", checksums)


def started(out, *options):
    """Not waited for."""
    return subprocess.Popen(
        command(out, *options), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def run(out, *options):
    return subprocess.run(
        command(out, *options), env=ENVIRONMENT, cwd=out.parent, capture_output=True, text=True, timeout=600
    )


def succeed(out, *options):
    result = run(out, *options)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def fail(code, out, *options):
    """Runs the command, which must fail with one line; returns the line."""
    result = run(out, *options)
    assert result.returncode == code, result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("prepare_digits: ")
    return result.stderr


def table(out, domain, split):
    with open(out / "digits" / domain / f"{split}.csv", newline="") as file:
        return list(csv.reader(file))


def pictures(out, domain, split):
    return [np.asarray(Image.open(path)) for path in sorted((out / "digits" / domain / split).iterdir())]


def resized(image):
    return np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BILINEAR))


def assert_written(out, domain, digits):
    for split, (images, labels) in digits.items():
        names = [f"{i:05d}.png" for i in range(len(images))]
        assert sorted(os.listdir(out / "digits" / domain / split)) == names
        assert table(out, domain, split) == [["image_name", "label"], *([n, str(x)] for n, x in zip(names, labels))]
        for written, image in zip(pictures(out, domain, split), images):
            np.testing.assert_array_equal(written, resized(image))
    assert sorted(os.listdir(out / "digits" / domain)) == ["SOURCE.txt", "test", "test.csv", "train", "train.csv"]
