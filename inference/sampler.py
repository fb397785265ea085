"""Noise -> images with a checkpoint's network, the same on every CPU."""

import torch
from torch import Tensor

from inference.networks import build_network, read_checkpoint
from inference.noise import fixed_noise


class Sampler:
    """A checkpoint's network in float64 and evaluation mode, and the noise that is drawn in the report.

    Takes the bytes of a checkpoint file whose network has `noise_size` and `sample(noise, *condition)`.
    Loading in half precision and computing in float64 loses nothing: every half is a double.
    """

    def __init__(self, content: bytes):
        checkpoint = read_checkpoint(content)
        self.method = checkpoint["method"]
        self.seed = checkpoint["seed"]
        self.network = build_network(checkpoint).double()
        self.noise = checkpoint.get("noise", torch.empty(0, self.network.noise_size)).double()

    def first_noise(self, count: int) -> Tensor:
        """float64 count x noise_size from N(0, I): first the report's, then what the checkpoint's seed gives."""
        drawn = fixed_noise(count, self.network.noise_size, self.seed).double()
        return torch.cat([self.noise, drawn[len(self.noise) :]])[:count]

    @torch.inference_mode()
    def images(self, noise: Tensor, *condition: Tensor, batch_size: int = 32) -> Tensor:
        """Noise N x noise_size, and N numbers of each condition that the network takes
        (ACGAN: an attribute in {0, 1}) -> float64 N x C x H x W."""
        inputs = zip(*(values.double().split(batch_size) for values in (noise, *condition)), strict=True)
        return torch.cat([self.network.sample(*batch) for batch in inputs])
