"""Reads MNIST from the course layout, digits/mnist/<split>, grey, at the size that a network takes.

A part of the training split is held out: it chooses epochs, and the test split chooses nothing.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.data.digits import LabelledImages, read_labels
from training.data.domain_pair import DomainPair
from training.data.folder_cache import read_folder, split_folder
from training.data.split import LabelledSplit, UnlabelledSplit, held_out_rows
from training.errors import DataError
from training.settings import DigitSettings, RunSettings
from training.synthetic.digits import demo_arrays

VALIDATION_SHARE = 1 / 12  # of the training split: 5,000 digits
VALIDATION_SEED = 20203  # the same split for every run, whatever its seed
LABELS_PER_DIGIT = 5  # 50 in all: the assignment's
SMOKE_IMAGES = 240


def load_unlabelled(settings: RunSettings, device: torch.device, size: int) -> UnlabelledSplit:
    """The training split's images, a part of them held out. Opens no label file."""
    images = smoke_digits(size).images if settings.smoke else read_grey(settings.data, "train", size)
    held_out, others = held_out_rows(len(images), VALIDATION_SHARE, VALIDATION_SEED)
    return UnlabelledSplit(images[others].to(device), images[held_out].to(device))


def load_labelled(settings: RunSettings, device: torch.device, size: int) -> LabelledSplit:
    """The same with labels."""
    digits = smoke_digits(size) if settings.smoke else read_labelled_grey(settings.data, "train", size)
    held_out, others = held_out_rows(len(digits.labels), VALIDATION_SHARE, VALIDATION_SEED)
    return LabelledSplit(digits[others].to(device), digits[held_out].to(device))


def load_few_labels(settings: RunSettings, device: torch.device, size: int) -> LabelledSplit:
    """Training is five digits of each class, drawn with the run's seed. Raises DataError where a class has fewer."""
    digits = load_labelled(settings, device, size)
    return LabelledSplit(digits.training[few_rows(digits.training.labels.cpu(), settings.seed)], digits.validation)


def few_rows(labels: Tensor, seed: int) -> Tensor:
    """The rows of five labels of each digit. Raises DataError where there are fewer of one."""
    random = Generator().manual_seed(seed)
    rows = []
    for digit in range(10):
        members = (labels == digit).nonzero().flatten()
        if len(members) < LABELS_PER_DIGIT:
            raise DataError(
                f"digits/mnist/train.csv labels {len(members)} images {digit} among those not held out: "
                f"{LABELS_PER_DIGIT} of each digit are needed"
            )
        rows.append(members[torch.randperm(len(members), generator=random)[:LABELS_PER_DIGIT]])
    return torch.cat(rows)


def load_few_and_unlabelled(settings: DigitSettings, device: torch.device) -> DomainPair:
    """For adaptation from 50 labelled digits to all others: they are source and validation, the training
    split's images without their labels are the target, uint8 N x 3 x 28 x 28."""
    few, unlabelled = load_few_labels(settings, device, 28).training, load_unlabelled(settings, device, 28).training
    coloured = LabelledImages(few.images.expand(-1, 3, -1, -1), few.labels)
    return DomainPair(coloured, coloured, unlabelled.expand(-1, 3, -1, -1))


def read_grey(data: Path, split: str, size: int) -> Tensor:
    """A split's images, uint8 N x 1 x size x size in order of their names. Opens no label file.

    Images of other sizes are resized. Raises DataError where the folder is missing, and inference's
    FolderError where it holds no image, UnreadableImage where one does not decode.
    """
    return named_grey(data, split, size)[1]


def read_labelled_grey(data: Path, split: str, size: int) -> LabelledImages:
    """The same with the labels of the split's CSV. Raises DataError naming the first bad row, too."""
    names, images = named_grey(data, split, size)
    return LabelledImages(images, read_labels(mnist_folder(data, split).with_suffix(".csv"), names))


def named_grey(data: Path, split: str, size: int) -> tuple[list[str], Tensor]:
    names, images = read_folder(mnist_folder(data, split), size)
    return names, images[:, :1].clone()  # red, green and blue are alike


def mnist_folder(data: Path, split: str) -> Path:
    return split_folder(Path(data) / "digits" / "mnist" / split)


def smoke_digits(size: int) -> LabelledImages:
    images, labels = demo_arrays("mnist", SMOKE_IMAGES, seed=0)
    grey = F.interpolate(torch.from_numpy(images[..., 0])[:, None].float(), size, mode="bilinear")
    return LabelledImages(grey.round().to(torch.uint8), torch.from_numpy(labels))
