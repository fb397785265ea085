"""PixelDA's domain and content losses; its task loss is cross-entropy."""

import torch
import torch.nn.functional as F
from torch import Tensor

INK = 0  # grey level in [-1, 1] above which a source pixel belongs to the stroke


def domain_loss(real_logits: Tensor, generated_logits: Tensor) -> Tensor:
    """L_d as the discriminator descends it: real images towards 1, generated ones towards 0."""
    return towards(real_logits, 1) + towards(generated_logits, 0)


def generator_domain_loss(generated_logits: Tensor) -> Tensor:
    """L_d as the generator descends it: its images should be taken for real ones."""
    return towards(generated_logits, 1)


def towards(logits: Tensor, answer: int) -> Tensor:
    """Cross-entropy with the same answer for all."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, answer))


def content_loss(source: Tensor, generated: Tensor) -> Tensor:
    """L_c of images N x 3 x S x S in [-1, 1]: over all pairs of stroke pixels, half the mean squared difference of how
    far they are apart in the source and in the generated image; the mean over images. The stroke may change its colour,
    but all of it alike.

    Eigen et al., "Depth map prediction from a single image using a multi-scale deep network", 2014, with a mask.
    """
    mask = (source > INK).float()
    difference, pixels = ((source - generated) * mask).flatten(1), mask.flatten(1).sum(1).clamp(min=1)
    return (difference.square().sum(1) / pixels - (difference.sum(1) / pixels).square()).mean()
