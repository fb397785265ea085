"""Makes a stand-in for STL-10 of CIFAR-10, in STL-10's own binary files.

    python3 -m training.data.prepare_stl10 hw3_data hw3_data/stl10_stand_in

Images are enlarged from 32x32 to 96x96, which adds no detail. Of the training split 500 images a class are labelled,
and the others are the unlabelled part; the test split stays the test split. Unlike STL-10's unlabelled images, these
are of the ten classes only, and frogs take the place of monkeys. 0.8 GB for 25,000 images.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from PIL import Image
from torch import Generator, Tensor

from training.data.cifar10 import CLASSES, read_cifar10
from training.data.stl10 import FOLDER, SIZE
from training.errors import DataError, exit_in_one_line
from training.run_folder import replace_file

LABELLED = 500  # of each class
FOLDS, FOLD = 10, 1000
SEED = 20203
NOTE = "stand-in: CIFAR-10 enlarged to 96x96\n"


def prepare(data: Path, out: Path) -> None:
    """Raises DataError where CIFAR-10 is not there or too small, or `out` holds the real STL-10."""
    folder = out / FOLDER
    refuse_real(folder)
    training, test = read_cifar10(data, "train"), read_cifar10(data, "test")
    random = Generator().manual_seed(SEED)
    order = torch.randperm(len(training.labels), generator=random)
    labelled = torch.cat([first_rows(order, training.labels, label) for label in range(len(CLASSES))])
    labelled = labelled[torch.randperm(len(labelled), generator=random)]
    unlabelled = order[~torch.isin(order, labelled)]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "SOURCE.txt", NOTE.encode())
    write(folder / "class_names.txt", "".join(f"{name}\n" for name in CLASSES).encode())
    write(folder / "fold_indices.txt", fold_lines(len(labelled), random).encode())
    write_images(folder / "unlabeled_X.bin", training.images[unlabelled])
    for name, part in (("train", training[labelled]), ("test", test)):
        write_images(folder / f"{name}_X.bin", part.images)
        write(folder / f"{name}_y.bin", (part.labels + 1).to(torch.uint8).numpy().tobytes())


def refuse_real(folder: Path) -> None:
    """The note is written first, so only a stand-in has one."""
    if (folder / "unlabeled_X.bin").exists() and not (folder / "SOURCE.txt").exists():
        raise DataError(f"{folder} holds the real STL-10, which a stand-in would replace: give another folder")


def first_rows(order: Tensor, labels: Tensor, label: int) -> Tensor:
    """Raises DataError where a class has fewer than 500 images."""
    rows = order[labels[order] == label]
    if len(rows) < LABELLED:
        raise DataError(f"{CLASSES[label]} has {len(rows)} training images: {LABELLED} of each class are needed")
    return rows[:LABELLED]


def fold_lines(count: int, random: Generator) -> str:
    folds = (torch.randperm(count, generator=random)[:FOLD].sort().values.tolist() for _ in range(FOLDS))
    return "".join(" ".join(map(str, fold)) + "\n" for fold in folds)


def write_images(file: Path, images: Tensor) -> None:
    """uint8 N x 3 x 32 x 32, enlarged, each colour column by column."""
    pixels = b"".join(enlarged(image).transpose(2, 1, 0).tobytes() for image in images.permute(0, 2, 3, 1).numpy())
    write(file, pixels)


def enlarged(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def write(file: Path, content: bytes) -> None:
    replace_file(file, lambda part: part.write_bytes(content))


def main(data: Annotated[Path, tyro.conf.Positional], out: Annotated[Path, tyro.conf.Positional], /) -> None:
    """Makes a stand-in for STL-10.

    Args:
        data: Folder with CIFAR-10.
        out: Folder to write stl10_binary into.
    """
    with exit_in_one_line("prepare_stl10"):
        prepare(data, out)


if __name__ == "__main__":
    tyro.cli(main)
