"""The public files that the digit domains are made from, and how each is read.

A reader takes the download folder and a split ("train" or "test") and returns the images, an
iterable of uint8 arrays (height, width) or (height, width, 3), and as many labels 0 to 9.
torchvision reads the formats that it knows. It is imported where it is used: it takes seconds,
and neither a dead link nor finished data should wait for it.
"""

import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from training.data.download import Source

SPLITS = ("train", "test")
SEED = 0  # of the photo patches in a MNIST-M made here

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
USPS_MIRRORS = (
    "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",
    "http://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",
)
SVHN_MIRRORS = ("http://ufldl.stanford.edu/housenumbers/",)
BSDS_MIRRORS = (
    "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/",
    "http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/",
)


def _at(bases: Sequence[str], name: str, checksum: str) -> Source:
    return Source(name, checksum, tuple(base + name for base in bases))


# MNIST, USPS and SVHN: the md5s that torchvision pins. mnist_m.tar.gz: the md5 that PyTorch
# Adapt and DeepMind's NEVIS pin for the authors' file, each at one of the two URLs.
# BSR_bsds500.tgz: the sha256 that several projects state for Berkeley's 70,763,455 bytes.
SOURCES = {
    source.name: source
    for source in (
        _at(MNIST_MIRRORS, "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        _at(MNIST_MIRRORS, "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        _at(MNIST_MIRRORS, "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        _at(MNIST_MIRRORS, "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        _at(USPS_MIRRORS, "usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197"),
        _at(USPS_MIRRORS, "usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118"),
        _at(SVHN_MIRRORS, "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        _at(SVHN_MIRRORS, "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
        Source(
            "mnist_m.tar.gz",
            "859df31c91afe82e80e5012ba928f279",
            (
                "https://cornell.box.com/shared/static/jado7quprg6hzzdubvwzh9umr75damwi",
                "https://drive.google.com/uc?export=download&id=0B_tExHiYS-0veklUZHFYT19KYjg&confirm=t",
            ),
        ),
        _at(BSDS_MIRRORS, "BSR_bsds500.tgz", "97e49d31764f3912f0c4122707d53062ac9e783ba0f095e447a4d53c1a41af8e"),
    )
}

MNIST_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
USPS_FILES = {"train": ("usps.bz2",), "test": ("usps.t.bz2",)}
SVHN_FILES = {"train": ("train_32x32.mat",), "test": ("test_32x32.mat",)}
MNISTM_FILES = {split: ("mnist_m.tar.gz",) for split in SPLITS}
BLEND_FILES = {split: (*MNIST_FILES[split], "BSR_bsds500.tgz") for split in SPLITS}


def read_mnist(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's idx files: images (n, 28, 28)."""
    from torchvision.datasets.mnist import read_image_file, read_label_file
    from torchvision.datasets.utils import extract_archive

    images, labels = MNIST_FILES[split]
    with TemporaryDirectory() as unpacked:
        return (
            read_image_file(extract_archive(folder / images, unpacked)).numpy(),
            read_label_file(extract_archive(folder / labels, unpacked)).numpy(),
        )


def read_usps(folder: Path, split: str) -> tuple[np.ndarray, list[int]]:
    """USPS as LIBSVM publishes it: images (n, 16, 16)."""
    from torchvision.datasets import USPS

    digits = USPS(folder, train=split == "train")
    return digits.data, digits.targets


def read_svhn(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """SVHN's cropped digits: images (n, 32, 32, 3). Its label 10 is the digit 0."""
    from torchvision.datasets import SVHN

    class CheckedSVHN(SVHN):
        def _check_integrity(self) -> bool:
            return True  # by `fetch`, against the checksum in force

    digits = CheckedSVHN(folder, split)
    return digits.data.transpose(0, 2, 3, 1), digits.labels


def read_mnistm(folder: Path, split: str) -> tuple[list[np.ndarray], list[int]]:
    """MNIST-M as its authors packed it: images (32, 32, 3), in the order of their names."""
    with tarfile.open(folder / "mnist_m.tar.gz") as archive:
        lines = archive.extractfile(f"mnist_m/mnist_m_{split}_labels.txt").read().decode()
        labels = dict(line.split() for line in lines.splitlines())
        images = _read_images(archive, f"mnist_m/mnist_m_{split}")
    return [images[name] for name in sorted(labels)], [int(labels[n]) for n in sorted(labels)]


def read_blend(folder: Path, split: str) -> tuple[Iterator[np.ndarray], np.ndarray]:
    """MNIST over photos, train digits over train photos, test over test: see `blend`."""
    digits, labels = read_mnist(folder, split)
    with tarfile.open(folder / "BSR_bsds500.tgz") as archive:
        photos = _read_images(archive, f"BSR/BSDS500/data/images/{split}")
    in_order = [photos[name] for name in sorted(photos)]
    return blend(digits, in_order, np.random.default_rng([SEED, SPLITS.index(split)])), labels


def blend(digits: np.ndarray, photos: Sequence[np.ndarray], rng: np.random.Generator) -> Iterator[np.ndarray]:
    """MNIST-M's recipe: |patch - digit| in each channel, the patch cut at random from a photo.

    Follows Ganin et al., "Domain-Adversarial Training of Neural Networks" (JMLR 2016).
    digits: uint8 (n, h, w). photos: uint8 (H, W, 3), none smaller than a digit. Yields n images,
    uint8 (h, w, 3), in the digits' order.
    """
    for digit in digits:
        photo = photos[rng.integers(len(photos))]
        top, left = (rng.integers(room + 1) for room in np.subtract(photo.shape[:2], digit.shape))
        patch = photo[top : top + digit.shape[0], left : left + digit.shape[1]].astype(np.int16)
        yield np.abs(patch - digit[..., None]).astype(np.uint8)


def _read_images(archive: tarfile.TarFile, folder: str) -> dict[str, np.ndarray]:
    """The RGB images that lie directly in a folder of the archive, by file name.

    In the archive's order, since a step back in a packed archive unpacks it again from the start.
    """
    images = {}
    for member in archive:
        path = PurePosixPath(member.name)
        if str(path.parent) == folder and path.suffix in (".png", ".jpg") and path.name[0] != ".":
            images[path.name] = np.asarray(Image.open(archive.extractfile(member)).convert("RGB"))
    return images


@dataclass(frozen=True)
class Recipe:
    """One way to make a domain: what it is in a line, the files of each split, their reader."""

    note: str
    files: dict[str, tuple[str, ...]]
    read: Callable[[Path, str], tuple[Iterable[np.ndarray], Sequence[int]]]


# The ways to make each domain: the first whose files can be had is taken.
RECIPES = {
    "usps": (Recipe("USPS, 16x16 enlarged to 28x28", USPS_FILES, read_usps),),
    "mnistm": (
        Recipe("MNIST-M, the authors' own release, 32x32 resized to 28x28", MNISTM_FILES, read_mnistm),
        Recipe(
            "MNIST-M made here, not the authors' release: |photo patch - digit| from MNIST and "
            f"BSDS500, seed {SEED}; image i is MNIST's image i",
            BLEND_FILES,
            read_blend,
        ),
    ),
    "svhn": (Recipe("SVHN, cropped digits, 32x32 resized to 28x28", SVHN_FILES, read_svhn),),
    "mnist": (Recipe("MNIST", MNIST_FILES, read_mnist),),
}
