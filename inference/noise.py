"""Noise that is the same on every machine and under every release: numpy's PCG64 and a seed."""

import numpy as np
import torch
from torch import Tensor


def fixed_noise(count: int, size: int, seed: int, distribution: str = "normal") -> Tensor:
    """float32 count x size, from N(0, 1) or uniform in [-1, 1). A longer one begins with the same rows."""
    random = np.random.Generator(np.random.PCG64(seed))
    draws = {"normal": random.standard_normal, "uniform": lambda shape: random.uniform(-1, 1, shape)}
    return torch.from_numpy(draws[distribution]((count, size))).float()
