"""Faces that are the same: samples repeated, or copied from the training set."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.augment.images import signed

# Two images are one where blocks of 4x4 pixels differ by less than this, of a range of 2, root mean
# square. Among the course's 12,621 training faces 88 pairs do, each of those looked at one photograph that is
# there twice; the nearest two different people are 0.118 apart.
SAME = 0.115


def nearest(images: Tensor, others: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """For each of uint8 images N x 3 x 64 x 64 its distance, as in SAME, to the nearest of the others,
    and which that is, N and N. Without others: the nearest of the rest of the images."""
    blocks = as_blocks(images)
    distances = torch.cdist(blocks, blocks if others is None else as_blocks(others)) / blocks.shape[1] ** 0.5
    if others is None:
        distances.fill_diagonal_(torch.inf)
    return distances.min(dim=1)


def as_blocks(images: Tensor) -> Tensor:
    """Means of 4x4 pixels in [-1, 1], N x 768: a shift by a pixel or some noise hardly changes them."""
    return F.avg_pool2d(signed(images), 4).flatten(1)


def repeated(distances: Tensor) -> int:
    """How many of `nearest`'s distances make an image and its neighbour one."""
    return int((distances < SAME).sum())
