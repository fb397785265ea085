"""Pixels <-> numbers, the same on every machine. White is 1; black is `low`, 0 or -1, as the network wants it."""

import numpy as np
import torch
from torch import Tensor

# float64 results move by about 1e-13 of a level with the CPU's instruction set, the number of
# threads and the batch size: a level this far from a rounding tie is rounded alike everywhere.
TIE = 1e-9


def to_input(images: np.ndarray, dtype: torch.dtype, low: int = 0) -> Tensor:
    """uint8 N x H x W x C -> N x C x H x W in [low, 1], channels last in memory."""
    images = torch.from_numpy(images).permute(0, 3, 1, 2).to(dtype)
    return images / (255 / (1 - low)) + low


def levels(images: Tensor, low: int = -1) -> Tensor:
    """Images in [low, 1] -> their grey levels in [0, 255], not yet rounded."""
    return (images.double().clamp(low, 1) - low) * (255 / (1 - low))


def to_uint8(images: Tensor, low: int = -1) -> np.ndarray:
    """N x C x H x W in [low, 1] -> uint8 N x H x W x C; the only place where what inference draws is rounded."""
    return levels(images, low).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def distance_to_tie(images: Tensor, low: int = -1) -> float:
    """How far the images' closest level lies from one that could be rounded either way."""
    return ((levels(images, low) % 1) - 0.5).abs().min().item()
