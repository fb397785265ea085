"""How well a mask covers the true one: Dice and IoU."""

from torch import Tensor

SMALL = 1e-6


def dice(masks: Tensor, truth: Tensor) -> Tensor:
    """bool N x 1 x H x W twice -> N: twice the pixels in both, by the sum of their sizes. Two empty masks give 1."""
    both, one, other = counts(masks, truth)
    return (2 * both + SMALL) / (one + other + SMALL)


def iou(masks: Tensor, truth: Tensor) -> Tensor:
    """bool N x 1 x H x W twice -> N: the pixels in both, by the pixels in at least one. Two empty masks give 1."""
    both, one, other = counts(masks, truth)
    return (both + SMALL) / (one + other - both + SMALL)


def counts(masks: Tensor, truth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(part.sum((1, 2, 3)).double() for part in (masks & truth, masks, truth))
