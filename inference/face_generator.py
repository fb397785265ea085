"""Latent noise -> faces with a checkpoint's network, the same pixels on every CPU."""

import io

import numpy as np
import torch
from torch import Tensor

from models.acgan import ConditionalGenerator
from models.gan import Generator
from models.vae import Vae

NETWORKS = {"vae": Vae, "gan": Generator, "acgan": ConditionalGenerator}
# float64 results move by about 1e-13 of a level with the CPU's instruction set, the number of
# threads and the batch size: a level this far from a rounding tie is rounded alike everywhere.
TIE = 1e-9


class FaceGenerator:
    """A checkpoint's network in float64 and evaluation mode, and the noise that is drawn in the report.

    Takes the bytes of a checkpoint file whose method is one of NETWORKS. Loading in half precision
    and computing in float64 loses nothing: every half is a double.
    """

    def __init__(self, checkpoint: bytes):
        stored = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)
        self.method = stored["method"]
        self.noise = stored["noise"].double()
        self.network = NETWORKS[self.method](**stored["arguments"]).double()
        self.network.load_state_dict(stored["state"])
        self.network.eval()
        self.decode = self.network.sample if self.method == "vae" else self.network

    @torch.inference_mode()
    def images(self, noise: Tensor, *attribute: Tensor, batch_size: int = 32) -> Tensor:
        """Noise N x noise_size, for ACGAN also the attribute N in {0, 1} -> float64 N x 3 x 64 x 64 in [-1, 1]."""
        inputs = zip(*(values.double().split(batch_size) for values in (noise, *attribute)), strict=True)
        return torch.cat([self.decode(*batch) for batch in inputs])


def levels(images: Tensor) -> Tensor:
    """Images in [-1, 1] -> their grey levels in [0, 255], not yet rounded."""
    return (images.double().clamp(-1, 1) + 1) * 127.5


def to_uint8(images: Tensor) -> np.ndarray:
    """N x 3 x H x W in [-1, 1] -> uint8 N x H x W x 3; the only place where faces are rounded."""
    return levels(images).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def distance_to_tie(images: Tensor) -> float:
    """How far the images' closest level lies from one that could be rounded either way."""
    return ((levels(images) % 1) - 0.5).abs().min().item()
