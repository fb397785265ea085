"""Augmentation of small photographs of things: mirrored, shifted, and with a square cut out."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.augment.images import flipped

SHIFT = 1 / 8  # of the side: 4 of 32 pixels, the usual size (He et al., "Deep residual learning", 2016)
CUT = 5 / 16  # of the side: 10 of 32 pixels. The paper's 16 need longer training than two cores give.


def augmented(images: Tensor, random: Generator) -> Tensor:
    """uint8 N x 3 x S x S -> float in [-1, 1], each distorted in its own way."""
    return cut_out(moved(images, random), random)


def moved(images: Tensor, random: Generator) -> Tensor:
    """The same without the cut."""
    return shifted(flipped(images, random), random)


def shifted(images: Tensor, random: Generator) -> Tensor:
    """Whole pixels up, down, left and right; what comes in from outside is the mirror image of what is inside."""
    count, _, side, _ = images.shape
    most = round(SHIFT * side)
    padded = F.pad(images, (most, most, most, most), mode="reflect").permute(0, 2, 3, 1)
    starts = torch.randint(2 * most + 1, (2, count, 1), generator=random, device=images.device)
    rows, columns = starts + torch.arange(side, device=images.device)
    picked = padded[torch.arange(count, device=images.device)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def cut_out(images: Tensor, random: Generator) -> Tensor:
    """A square about a random pixel becomes 0, grey; it may reach over the edge (DeVries & Taylor, "Cutout", 2017)."""
    side = images.shape[-1]
    centre = torch.randint(side, (2, len(images), 1), generator=random, device=images.device)
    rows, columns = (torch.arange(side, device=images.device) - centre + 0.5).abs() < CUT * side / 2
    return images * ~(rows[:, :, None] & columns[:, None, :])[:, None]
