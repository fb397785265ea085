"""What figures and scores of finished face runs start from: methods that draw, noise, samples."""

import numpy as np
import torch
from torch import Tensor

from inference.pixels import to_uint8
from training.methods.faces import FaceMethod
from training.systems import methods_of

TITLES = {name: method.title for name, method in methods_of("faces").items() if issubclass(method, FaceMethod)}
SEED = 4  # of the samples that are scored; the noise of the report's figure is in the checkpoint
UNIQUE = 1000  # samples that are compared with each other


def draw_noise(count: int, size: int) -> Tensor:
    return torch.from_numpy(np.random.Generator(np.random.PCG64(SEED)).standard_normal((count, size)))


def to_images(images: Tensor) -> Tensor:
    """Images in [-1, 1] -> uint8 N x 3 x 64 x 64, rounded as in the scripts' figures."""
    return torch.from_numpy(to_uint8(images)).permute(0, 3, 1, 2).contiguous()
