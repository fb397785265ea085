"""What marks a tumour without any learning: one threshold, and the mask of the slice beside it."""

import re

import torch
from torch import Tensor

from models.segmenter import standardised
from training.data.brain import PATIENT, Slices
from training.measures.overlap import dice

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)  # deviations of the head's pixels above their mean


def brighter(slices: Slices, level: float) -> Tensor:
    """bool N x 1 x H x W: the pixels above that level of their slice's head."""
    return torch.cat([standardised(images.float() / 255) > level for images in slices.images.split(64)])


def best_level(training: Slices) -> float:
    """The level above which `brighter` covers training slices best."""
    return max(LEVELS, key=lambda level: dice(brighter(training, level), training.masks).mean().item())


def neighbours_masks(slices: Slices) -> tuple[Tensor, Tensor]:
    """The true mask of the slice above, or below where none is above, and which of the slices have such a neighbour."""
    places = {place(name): row for row, name in enumerate(slices.names)}
    found = [
        places.get((patient, number + 1), places.get((patient, number - 1)))
        for patient, number in map(place, slices.names)
    ]
    rows = torch.tensor([row if row is not None else 0 for row in found])
    return slices.masks[rows], torch.tensor([row is not None for row in found])


def place(name: str) -> tuple[str, int]:
    """Patient and number of a slice: TCGA_CS_4944_20010208_10.png is slice 10."""
    numbers = re.findall(r"\d+", name[PATIENT:])
    return name[:PATIENT], int(numbers[-1]) if numbers else 0
