"""Augmentation of grey digits for classifiers that see few labels or must not learn any by heart."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.augment.digits import Uniform, bend


def warped(images: Tensor, random: Generator) -> Tensor:
    """Float images N x 1 x S x S in [0, 1] -> the same digits turned, sheared, enlarged, shifted and bent.

    Ranges were set by looking: beyond them a 1 lies down and a 6 closes.
    """
    uniform = Uniform(len(images), random)
    angle = uniform(-0.25, 0.25).flatten()  # radians
    shear = uniform(-0.3, 0.3).flatten()  # handwriting leans
    width, height = (uniform(0.85, 1.2).flatten() for _ in range(2))
    shift = uniform(-0.12, 0.12, channels=2).flatten(1)  # 2 pixels of 32
    cos, sin = torch.cos(angle), torch.sin(angle)
    x_row = torch.stack([width * cos, width * (shear - sin), shift[:, 0]], dim=1)
    y_row = torch.stack([height * sin, height * cos, shift[:, 1]], dim=1)
    grid = F.affine_grid(torch.stack([x_row, y_row], dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid + bend(uniform, images.shape[-1]), align_corners=False)
