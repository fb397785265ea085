"""Digits that are the same: samples repeated, or copied from the training set."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.augment.images import signed

# Two images are one where blocks of 2x2 pixels differ by less than this, of a range of 2, root mean square. Of 1,000
# test digits none comes nearer than 0.045 to a training digit (that is a one), nor than 0.056 to another of them.
SAME = 0.02


def nearest(images: Tensor, others: Tensor | None = None) -> Tensor:
    """For each of uint8 images N x 1 x S x S its distance, as in SAME, to the nearest of the others; without
    others, to the nearest of the rest of the images."""
    blocks = as_blocks(images)
    distances = torch.cdist(blocks, blocks if others is None else as_blocks(others)) / blocks.shape[1] ** 0.5
    if others is None:
        distances.fill_diagonal_(torch.inf)
    return distances.min(dim=1).values


def as_blocks(images: Tensor) -> Tensor:
    return F.avg_pool2d(signed(images), 2).flatten(1)


def same(distances: Tensor) -> int:
    """How many of `nearest`'s distances make an image and its neighbour one."""
    return int((distances < SAME).sum())
