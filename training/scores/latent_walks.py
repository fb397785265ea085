"""The way from one latent to another."""

import torch
from torch import Tensor


def straight(begin: Tensor, end: Tensor, share: float) -> Tensor:
    """The point at that share of the straight line between latents N x L."""
    return torch.lerp(begin, end, share)


def great_circle(begin: Tensor, end: Tensor, share: float | Tensor) -> Tensor:
    """The point at that share of the way between noises N x L, as long as noise is on the whole way: a straight line
    would pass nearer to 0, where N(0, I) hardly ever is (White, "Sampling generative networks", 2016). Between two
    noises 1 x L also the points at shares S x 1, S x L. Noises in one direction give no way to divide by 0."""
    cosine = torch.cosine_similarity(begin, end, dim=1)[:, None]
    angle = torch.arccos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
    return (torch.sin((1 - share) * angle) * begin + torch.sin(share * angle) * end) / torch.sin(angle)
