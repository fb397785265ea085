"""Cartoon endoscopy, pink with a bump and black corners, for smoke runs and tests: no real one may be shipped."""

import numpy as np
from numpy import ndarray
from numpy.random import Generator

SIZE = 96
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / (SIZE / 2) - 1


def demo_endoscopy(count: int, seed: int = 0) -> ndarray:
    """uint8 count x 96 x 96 x 3."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return np.stack([_picture(rng) for _ in range(count)])


def _picture(rng: Generator) -> ndarray:
    y, x = rng.uniform(-0.6, 0.6, 2)
    light = 1 - 0.4 * ((ROWS - y) ** 2 + (COLUMNS - x) ** 2)
    bump = np.exp(-((ROWS - x) ** 2 + (COLUMNS - y) ** 2) / rng.uniform(0.02, 0.15))
    tissue = np.array([200, 110, 90]) * rng.uniform(0.7, 1.2, 3)
    image = (light * rng.uniform(0.5, 1.1))[..., None] * tissue + 60 * bump[..., None]
    image[np.abs(ROWS) + np.abs(COLUMNS) > 1.6] = 0
    return image.clip(0, 255).astype(np.uint8)
