"""MNIST and MNIST-M as pairs: image i of both shows the same digit. A fifth of the pairs is held out.

Training never sees which images are a pair: the split, by common indices, keeps any digit from being in both parts,
and pictures show partners side by side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.image_folder import list_images
from training.data.digits import LabelledImages, read_labels
from training.data.domain_pair import load_domains
from training.data.folder_cache import read_folder, split_folder
from training.data.split import held_out_rows, shuffled_rows
from training.errors import DataError
from training.settings import PairSettings
from training.synthetic.digits import demo_arrays

TEST_SHARE = 0.2  # of the pairs: the assignment's
SPLIT_SEED = 20166  # the same split for every run, whatever its seed
SMOKE_PAIRS = 80


@dataclass(frozen=True)
class DigitPairs:
    """Four parts: images uint8 N x 3 x S x S, and labels of the source alone."""

    source_train: LabelledImages
    source_test: LabelledImages
    target_train: Tensor
    target_test: Tensor

    def batches(self, settings: PairSettings, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """An epoch of (source images, source labels, target images), drawn from both domains independently; in each
        none comes twice before all have come."""
        source_rows = shuffled_rows(len(self.source_train.labels), settings, 2 * seed)
        target_rows = shuffled_rows(len(self.target_train), settings, 2 * seed + 1)
        for rows, target in zip(source_rows, target_rows, strict=True):
            rows, target = rows.to(self.target_train.device), target.to(self.target_train.device)
            yield self.source_train.images[rows], self.source_train.labels[rows], self.target_train[target]


def load_pairs(settings: PairSettings, device: torch.device) -> DigitPairs:
    """MNIST and MNIST-M. Raises DataError where the folders are not paired or hold fewer images than a batch."""
    source, target = smoke_pairs(settings.size) if settings.smoke else read_pairs(settings.data, settings.size)
    test, train = paired_split(len(target))
    refuse_few(len(train), settings.batch)
    source, target = source.to(device), target.to(device)
    return DigitPairs(source[train], source[test], target[train], target[test])


def load_unpaired(settings: PairSettings, device: torch.device) -> DigitPairs:
    """Any two domains of the adaptation, a part of each held out by itself. Raises DataError where one holds fewer
    images than a batch."""
    domains = load_domains(settings, device)
    test, train = domains.target.tensor_split([int(TEST_SHARE * len(domains.target))])
    refuse_few(min(len(train), len(domains.source.labels)), settings.batch)
    return DigitPairs(domains.source, domains.validation, train, test)


def paired_split(count: int) -> tuple[Tensor, Tensor]:
    """The indices of the test pairs and of the training pairs."""
    return held_out_rows(count, TEST_SHARE, SPLIT_SEED)


def refuse_few(count: int, batch: int) -> None:
    if count < batch:
        raise DataError(f"{count} training images in a domain are fewer than a batch of {batch}: give more, or --batch")


def read_pairs(data: Path, size: int) -> tuple[LabelledImages, Tensor]:
    """MNIST's images with labels and MNIST-M's without, as many as both have. Raises DataError where they are no
    pairs."""
    source, target = read_labelled_at(data, "mnist", "train", size), read_at(data, "mnistm", "train", size)[1]
    refuse_other_labels(data, source.labels)
    count = min(len(source.labels), len(target))
    return source[torch.arange(count)], target[:count]


def refuse_other_labels(data: Path, source_labels: Tensor) -> None:
    """Raises DataError naming the first pair whose labels disagree: order is all that pairs images.

    Where MNIST-M's labels are there, they are opened for that alone, and leave this function in no other way.
    """
    folder = digit_folder(data, "mnistm", "train")
    if not folder.with_suffix(".csv").exists():
        return
    target_labels = read_labels(folder.with_suffix(".csv"), list_images(str(folder)))
    count = min(len(source_labels), len(target_labels))
    wrong = (source_labels[:count] != target_labels[:count]).nonzero().flatten()
    if len(wrong):
        first = wrong[0]
        raise DataError(
            f"pair {first} of {data}/digits: mnist/train.csv says {source_labels[first]}, mnistm/train.csv says "
            f"{target_labels[first]} ({len(wrong)} of {count} pairs disagree): both folders must hold the same digits "
            "in the same order"
        )


def read_labelled_at(data: Path, domain: str, split: str, size: int) -> LabelledImages:
    """A split's images uint8 N x 3 x size x size, of other sizes resized, with the labels of its CSV."""
    names, images = read_at(data, domain, split, size)
    return LabelledImages(images, read_labels(digit_folder(data, domain, split).with_suffix(".csv"), names))


def read_at(data: Path, domain: str, split: str, size: int) -> tuple[list[str], Tensor]:
    """Names and images alone. Opens no label file."""
    return read_folder(digit_folder(data, domain, split), size)


def digit_folder(data: Path, domain: str, split: str) -> Path:
    return split_folder(Path(data) / "digits" / domain / split)


def smoke_pairs(size: int) -> tuple[LabelledImages, Tensor]:
    """Generated ones: the same seed draws the same digits in both domains."""
    (source, labels), (target, _) = (demo_arrays(domain, SMOKE_PAIRS, seed=0) for domain in ("mnist", "mnistm"))
    return LabelledImages(resized(source, size), torch.from_numpy(labels)), resized(target, size)


def resized(images: np.ndarray, size: int) -> Tensor:
    """uint8 N x H x W x 3 -> uint8 N x 3 x size x size."""
    images = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    return F.interpolate(images, size, mode="bilinear").round().to(torch.uint8)
