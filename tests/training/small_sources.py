"""The public sources' files in miniature: random digits in the formats that their servers have."""

import bz2
import gzip
import io
import struct
import tarfile

import numpy as np
import scipy.io
from PIL import Image

COUNTS = {"train": 12, "test": 7}


def idx(array):
    return gzip.compress(struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes())


def libsvm(images, labels):
    # 0.4 above the value: the reader truncates to whole grey values
    rows = ((images.reshape(len(images), -1) + 0.4) / 127.5 - 1).tolist()
    return bz2.compress(
        "".join(
            f"{label + 1} {' '.join(f'{i}:{v:.6f}' for i, v in enumerate(row, 1))} \n"
            for row, label in zip(rows, labels)
        ).encode()
    )


def matlab(images, labels):
    file = io.BytesIO()
    scipy.io.savemat(
        file, {"X": images.transpose(1, 2, 3, 0), "y": np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]}
    )
    return file.getvalue()


def encoded(image, kind):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def packed(files):
    """A tar.gz of {path: bytes}."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def authors_archive(digits, rng):
    """mnist_m.tar.gz, its pictures and its lines in no order."""
    files = {}
    for split, (images, labels) in digits.items():
        order = rng.permutation(len(images))
        files.update({f"mnist_m/mnist_m_{split}/{i:08d}.png": encoded(images[i], "PNG") for i in order})
        files[f"mnist_m/mnist_m_{split}_labels.txt"] = "".join(
            f"{i:08d}.png {labels[i]}\n" for i in order[::-1]
        ).encode()
    return packed(files)


def photo_archive(rng):
    return packed(
        {
            f"BSR/BSDS500/data/images/{split}/{number}.jpg": encoded(
                rng.integers(0, 256, shape, dtype=np.uint8), "JPEG"
            )
            for split in ("train", "test", "val")
            for number, shape in ((2018, (32, 37, 3)), (100007, (37, 32, 3)))
        }
    )


def random_digits(rng, counts, *shape):
    return {
        split: (rng.integers(0, 255, (count, *shape), dtype=np.uint8), np.arange(count) % 10)
        for split, count in counts.items()
    }


class Originals:
    """The sources' content as arrays, and the files: name -> bytes."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.digits = {
            "usps": random_digits(rng, COUNTS, 16, 16),
            "mnistm": random_digits(rng, COUNTS, 32, 32, 3),
            "svhn": random_digits(rng, COUNTS, 32, 32, 3),
            "mnist": random_digits(rng, COUNTS, 28, 28),
        }
        self.files = {
            "mnist_m.tar.gz": authors_archive(self.digits["mnistm"], rng),
            "BSR_bsds500.tgz": photo_archive(rng),
        }
        for split, mnist, usps in (("train", "train", "usps.bz2"), ("test", "t10k", "usps.t.bz2")):
            images, labels = self.digits["mnist"][split]
            self.files[f"{mnist}-images-idx3-ubyte.gz"] = idx(images)
            self.files[f"{mnist}-labels-idx1-ubyte.gz"] = idx(labels.astype(np.uint8))
            self.files[usps] = libsvm(*self.digits["usps"][split])
            self.files[f"{split}_32x32.mat"] = matlab(*self.digits["svhn"][split])

    def photos(self, split):
        with tarfile.open(fileobj=io.BytesIO(self.files["BSR_bsds500.tgz"])) as archive:
            return [
                np.asarray(Image.open(archive.extractfile(name)))
                for name in sorted(archive.getnames())
                if f"/{split}/" in name
            ]
