"""Reads STL-10 from its binary files, where torchvision keeps them: stl10_binary/{train,test}_{X,y}.bin,
unlabeled_X.bin and fold_indices.txt.

An image is 3 x 96 x 96 bytes, each colour column by column; a label is a byte from 1 to 10. Files are mapped into
memory, so that 100,000 unlabelled images cost what is read of them. Where SOURCE.txt lies beside the files, they are a
stand-in, and it says of what.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.command import shown
from training.data.digits import LabelledImages
from training.data.split import LabelledSplit, UnlabelledSplit, held_out_rows
from training.errors import DataError
from training.settings import RunSettings
from training.synthetic.photos import demo_photos

FOLDER = "stl10_binary"
SIZE = 96
BYTES = 3 * SIZE * SIZE  # of an image
VALIDATION_SHARE = 1 / 10  # of the labelled images: 500 of 5,000
UNLABELLED_SHARE = 1 / 20
VALIDATION_SEED = 20203  # the same split for every run, whatever its seed
SMOKE_IMAGES = 100


def load_labelled_stl10(settings, device: torch.device) -> LabelledSplit:
    """The labelled training images; held out is a tenth, or all that are not in the settings' fold.

    Raises what `read_labelled_stl10` raises, and DataError where there is no such fold.
    """
    photos = smoke_photos() if settings.smoke else read_labelled_stl10(settings.data, "train")
    if settings.fold is None:
        held_out, others = held_out_rows(len(photos.labels), VALIDATION_SHARE, VALIDATION_SEED)
    else:
        others = read_fold(settings.data, settings.fold)
        held_out = torch.ones(len(photos.labels), dtype=torch.bool).index_fill(0, others, False).nonzero().flatten()
    return LabelledSplit(photos[others].to(device), photos[held_out].to(device))


def load_unlabelled_stl10(settings: RunSettings, device: torch.device) -> UnlabelledSplit:
    """The unlabelled images, a part of them held out. Raises DataError where the file is missing or cut short."""
    images = smoke_photos().images if settings.smoke else read_images(settings.data, "unlabeled_X.bin")
    held_out, others = held_out_rows(len(images), UNLABELLED_SHARE, VALIDATION_SEED)
    return UnlabelledSplit(images[others].to(device), images[held_out].to(device))


def read_labelled_stl10(data: Path, split: str) -> LabelledImages:
    """`train` or `test`: images uint8 N x 3 x 96 x 96, labels int64 N in 0..9.

    Raises DataError where a file is missing or cut short, where counts differ, or a label is none of 1 to 10.
    """
    images, file = read_images(data, f"{split}_X.bin"), stl10_file(data, f"{split}_y.bin")
    labels = np.fromfile(file, np.uint8)
    if len(labels) != len(images):
        raise DataError(f"{shown(file)} has {len(labels)} labels for {len(images)} images: unpack STL-10 again")
    if not np.isin(labels, range(1, 11)).all():
        wrong = labels[~np.isin(labels, range(1, 11))][0]
        raise DataError(f"{shown(file)} has the label {wrong}: STL-10's are 1 to 10")
    return LabelledImages(images, torch.from_numpy(labels.astype(np.int64) - 1))


def read_images(data: Path, name: str) -> Tensor:
    """uint8 N x 3 x 96 x 96, still on the disk."""
    file = stl10_file(data, name)
    size = file.stat().st_size
    if size == 0 or size % BYTES:
        raise DataError(f"{shown(file)} has {size} bytes, no multiple of {BYTES}: it is cut short, unpack STL-10 again")
    pixels = np.memmap(file, np.uint8, mode="c", shape=(size // BYTES, 3, SIZE, SIZE))
    return torch.from_numpy(pixels).transpose(2, 3)


def read_fold(data: Path, fold: int) -> Tensor:
    """Rows of the labelled images: a line of fold_indices.txt. Raises DataError where it is missing or no numbers."""
    file = stl10_file(data, "fold_indices.txt")
    lines = file.read_text().splitlines()
    if not 0 <= fold < len(lines):
        raise DataError(f"{shown(file)} has the folds 0 to {len(lines) - 1}, not {fold}")
    try:
        return torch.tensor([int(row) for row in lines[fold].split()])
    except ValueError:
        raise DataError(f"{shown(file)} holds other things than numbers: unpack STL-10 again") from None


def source(data: Path) -> str:
    """What the numbers of these files are to be called."""
    note = Path(data) / FOLDER / "SOURCE.txt"
    return note.read_text().strip() if note.exists() else "STL-10"


def stl10_file(data: Path, name: str) -> Path:
    file = Path(data) / FOLDER / name
    if not file.is_file():
        raise DataError(
            f"{shown(file)} is not there: unpack stl10_binary.tar.gz of https://cs.stanford.edu/~acoates/stl10 in "
            f"{shown(data)}, or make a stand-in: python3 -m training.data.prepare_stl10"
        )
    return file


def smoke_photos() -> LabelledImages:
    images, labels = demo_photos(SMOKE_IMAGES, SIZE)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))
