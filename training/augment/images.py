"""Augmentation that both the real and the generated images pass through, and gradients too.

Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020: a discriminator
that sees a small set again and again learns it by heart; one that never sees the same picture
twice cannot, and since generated images are distorted alike, the distortions are not learned.

Karras et al., "Training generative adversarial networks with limited data", 2020: before that
point augmentation only makes its task harder, so an image passes through it with a probability
that follows how much is learned by heart.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SHIFT = 8  # pixels up to which an image moves: an eighth of its side, as in the paper
CUT_OUT = 32  # side of the grey square: half the image's, as in the paper


MOST_GAP = 0.2  # more real images called real in training than held out: learned by heart
PROBABILITY_STEP = 0.1  # an epoch


class AdaptiveAugmentation:
    """diff_augment with a probability, 0 at first."""

    def __init__(self):
        self.probability = 0.0

    def __call__(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Float images N x 3 x 64 x 64 in [-1, 1] -> the same shape, some of them distorted."""
        if self.probability == 0:
            return images
        chosen = torch.rand((len(images), 1, 1, 1), generator=random, device=images.device) < self.probability
        return torch.where(chosen, diff_augment(images, random), images)

    def adapt(self, training_accuracy: float, held_out_accuracy: float) -> None:
        """After an epoch, from the shares of real images that the discriminator calls real."""
        step = PROBABILITY_STEP if training_accuracy - held_out_accuracy > MOST_GAP else -PROBABILITY_STEP
        self.probability = min(1.0, max(0.0, self.probability + step))

    def state_dict(self) -> dict[str, float]:
        return {"probability": self.probability}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.probability = state["probability"]


def diff_augment(images: Tensor, random: torch.Generator) -> Tensor:
    """Float images N x 3 x 64 x 64 in [-1, 1] -> the same shape, each distorted in its own way; may leave [-1, 1]."""
    return cut_out(translate(recolour(images, random), random), random)


def recolour(images: Tensor, random: torch.Generator) -> Tensor:
    """Brightness moved by up to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    brightness, saturation, contrast = torch.rand((3, len(images), 1, 1, 1), generator=random, device=images.device)
    images = images + brightness - 0.5
    grey = images.mean(dim=1, keepdim=True)
    images = grey + 2 * saturation * (images - grey)
    middle = images.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (0.5 + contrast) * (images - middle)


def translate(images: Tensor, random: torch.Generator) -> Tensor:
    """Whole pixels up, down, left and right; what comes in from outside is 0, grey."""
    shift = torch.randint(-SHIFT, SHIFT + 1, (len(images), 2, 1), generator=random, device=images.device)
    shift = shift * 2 / images.shape[-1]  # grid_sample's image is 2 wide
    still = torch.eye(2, device=images.device).expand(len(images), 2, 2)
    grid = F.affine_grid(torch.cat([still, shift], dim=2), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="nearest", padding_mode="zeros", align_corners=False)


def cut_out(images: Tensor, random: torch.Generator) -> Tensor:
    """A square about a random pixel becomes 0, grey; it may reach over the edge."""
    side = images.shape[-1]
    centre = torch.randint(side, (2, len(images), 1), generator=random, device=images.device)
    rows, columns = (torch.arange(side, device=images.device) - centre).abs() < CUT_OUT / 2
    return images * ~(rows[:, :, None] & columns[:, None, :])[:, None]


def flipped(images: Tensor, random: torch.Generator) -> Tensor:
    """uint8 -> float in [-1, 1], each image mirrored or not: what is seen from the other side is as good."""
    mirror = torch.rand((len(images), 1, 1, 1), generator=random, device=images.device) < 0.5
    return signed(torch.where(mirror, images.flip(3), images))


def uniform(count: int, images: int, device: torch.device, random: torch.Generator) -> Tensor:
    """count x images numbers in [-1, 1]."""
    return 2 * torch.rand((count, images), generator=random, device=device) - 1


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [-1, 1] -> uint8, as an image file would hold them."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def signed(images: Tensor) -> Tensor:
    """uint8 -> float in [-1, 1]."""
    return images.float() / 127.5 - 1
