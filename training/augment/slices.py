"""Augmentation of a slice together with its mask: what another patient, position or scanner would change."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.augment.images import uniform

WINDOW = 192  # side of what is trained on: the head without most of the black around it, two thirds of the time
SHIFT = 24  # pixels up to which a window leaves the middle: together the windows reach every pixel
TURN = 0.35  # radians, 20 degrees: heads lie tilted in the scanner
SCALE = 0.2  # of the size, up or down: heads and fields of view differ by about that
SHEAR = 0.15  # heads differ in shape
GAMMA = 0.4  # exponent of the brightness e^-0.4 to e^0.4: scanners differ in contrast
SHADE = 0.3  # a coil's brightness falls off across the head by up to that share on either side
NOISE = 0.03  # of full brightness: scanners differ in noise


def augmented(images: Tensor, masks: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
    """uint8 and bool N x 1 x 240 x 240 -> float images in [0, 1] and masks 0 or 1, N x 1 x 192 x 192."""
    grid = windows(images, random)
    images = F.grid_sample(images.float() / 255, grid, mode="bilinear", align_corners=False)
    masks = F.grid_sample(masks.float(), grid, mode="bilinear", align_corners=False)
    return rescanned(images, random), (masks > 0.5).float()


def windows(images: Tensor, random: Generator) -> Tensor:
    """A window of each image, turned, mirrored, sheared and scaled: N x 192 x 192 x 2 for grid_sample."""
    side = images.shape[-1]
    turn, scale, shear, down, right, mirror = uniform(6, len(images), images.device, random)
    scale, turn, shear = (SCALE * scale).exp() * WINDOW / side, TURN * turn, SHEAR * shear
    cosine, sine = turn.cos() * scale, turn.sin() * scale
    flip = torch.where(mirror < 0, -1.0, 1.0)
    across = torch.stack([cosine * flip, shear * cosine - sine, 2 * SHIFT / side * right], dim=1)
    along = torch.stack([sine * flip, shear * sine + cosine, 2 * SHIFT / side * down], dim=1)
    size = [len(images), 1, WINDOW, WINDOW]
    return F.affine_grid(torch.stack([across, along], dim=1), size, align_corners=False)


def rescanned(images: Tensor, random: Generator) -> Tensor:
    """Other contrast, shade across the image, and noise."""
    gamma, down, right, noise = uniform(4, len(images), images.device, random)[..., None, None, None]
    axis = torch.linspace(-1, 1, images.shape[-1], device=images.device)
    shade = 1 + SHADE / 2 * (down * axis[:, None] + right * axis)
    images = images.clamp(min=1e-4).pow((GAMMA * gamma).exp()) * shade
    grain = torch.randn(images.shape, generator=random, device=images.device)
    return (images + NOISE * noise.clamp(min=0) * grain).clamp(0, 1)
