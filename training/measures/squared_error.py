"""How far answers lie from images in [0, 1]."""

import math

import torch.nn.functional as F
from torch import Tensor


def psnr_of_error(mse: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error, taken over all pixels of all images, peak 1."""
    return -10 * math.log10(mse)


def mean_squared_error(answers: Tensor, images: Tensor) -> float:
    """Over all pixels of all images, in float64."""
    return F.mse_loss(answers.double(), images.double()).item()
