"""Two views of one photograph for contrastive learning (Chen et al., "SimCLR", 2020)."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SMALLEST = 0.2  # share of the image that a crop holds at least: the paper's 0.08 leave little of 32x32 pixels
ASPECT = 4 / 3  # of a crop, at most; the paper's
STRENGTH = 0.4  # by which brightness, contrast and saturation change; the paper's half strength, for CIFAR-10
HUE = 0.1  # of a full turn; the paper's half strength
RECOLOURED, GREY = 0.8, 0.2  # of the images; the paper's


def view(images: Tensor, size: int, random: Generator) -> Tensor:
    """uint8 N x 3 x S x S -> float N x 3 x size x size in [-1, 1]: each cropped, perhaps mirrored, and recoloured."""
    return 2 * recoloured(cropped(images.float() / 255, size, random), random).clamp(0, 1) - 1


def cropped(images: Tensor, size: int, random: Generator) -> Tensor:
    """A random part of each image, or of its mirror image."""
    area, aspect, down, right, mirror = torch.rand((5, len(images)), generator=random, device=images.device)
    area, aspect = SMALLEST + (1 - SMALLEST) * area, ASPECT ** (2 * aspect - 1)
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    zero = torch.zeros_like(width)
    across = torch.stack([width * (1 - 2 * mirror.round()), zero, (1 - width) * (2 * right - 1)], dim=1)
    along = torch.stack([zero, height, (1 - height) * (2 * down - 1)], dim=1)
    grid = F.affine_grid(torch.stack([across, along], dim=1), [len(images), 3, size, size], align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def recoloured(images: Tensor, random: Generator) -> Tensor:
    """Float images in [0, 1]: brightness, contrast, saturation and hue of most are changed, and some become grey."""
    count, device = len(images), images.device
    changes = 2 * torch.rand((4, count), generator=random, device=device) - 1
    chosen, grey = torch.rand((2, count), generator=random, device=device)
    brightness, contrast, saturation, hue = changes * (chosen < RECOLOURED)
    saturation = (1 + STRENGTH * saturation) * (grey >= GREY)
    mixing = (1 + STRENGTH * brightness)[:, None, None] * colour_mixing(saturation, 2 * math.pi * HUE * hue)
    mixed = torch.einsum("nij,njhw->nihw", mixing, images)
    mean = mixed.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (1 + STRENGTH * contrast)[:, None, None, None] * (mixed - mean)


def colour_mixing(saturation: Tensor, angle: Tensor) -> Tensor:
    """N x 3 x 3: turns colours about the grey axis by an angle and scales their distance from it."""
    grey = torch.full((3, 3), 1 / 3, device=angle.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=angle.device) / math.sqrt(3)
    angle, saturation = angle[:, None, None], saturation[:, None, None]
    turned = angle.cos() * (torch.eye(3, device=angle.device) - grey) + angle.sin() * cross
    return grey + saturation * turned
