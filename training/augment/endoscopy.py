"""Augmentation of endoscopy pictures: small, since six numbers must describe whatever it adds."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.augment.images import uniform

TURN = 0.03  # radians, 2 degrees: more would turn the black corners, which never turn
ZOOM = 0.05  # of the size, inwards only
SHIFT = 0.03  # of the size: frames are cropped to the pixel, not to the same pixel
LIGHT = 0.1  # share by which all colours change: lamps differ
COLOUR = 0.05  # and each colour by itself


def augmented(images: Tensor, random: Generator) -> Tensor:
    """uint8 N x 3 x 96 x 96 -> float in [0, 1], each turned, enlarged, shifted and coloured a little. No mirror images:
    text and the black field are always on the left, and mirrored ones cost the best linear code 0.7 dB."""
    turn, zoom, down, right, *colours = uniform(8, len(images), images.device, random)
    zoom, turn = 1 - ZOOM / 2 * (1 + zoom), TURN * turn
    across = torch.stack([zoom * turn.cos(), -zoom * turn.sin(), SHIFT * right], dim=1)
    along = torch.stack([zoom * turn.sin(), zoom * turn.cos(), SHIFT * down], dim=1)
    grid = F.affine_grid(torch.stack([across, along], dim=1), list(images.shape), align_corners=False)
    moved = F.grid_sample(images.float() / 255, grid, padding_mode="border", align_corners=False)
    light, colours = colours[0][:, None], torch.stack(colours[1:], dim=1)
    return (moved * (1 + LIGHT * light + COLOUR * colours)[..., None, None]).clamp(0, 1)
