"""Cartoon slices of heads with a bright tumour, for smoke runs and tests: no real scan may be shipped here."""

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

SIZE = 240
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE].astype(float)


def demo_slices(count: int, seed: int = 0) -> tuple[ndarray, ndarray]:
    """Slices uint8 count x 240 x 240 and tumour masks bool count x 240 x 240."""
    rng = np.random.Generator(np.random.PCG64(seed))
    images, masks = zip(*(_slice(rng) for _ in range(count)), strict=True)
    return np.stack(images), np.stack(masks)


def _slice(rng: Generator) -> tuple[ndarray, ndarray]:
    y, x = 120 + rng.normal(0, 3, 2)
    height, width = rng.uniform(70, 95), rng.uniform(60, 75)
    skull, brain = _ellipse(y, x, height, width), _ellipse(y, x, height - 7, width - 7)
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(10, 35)
    tumour = _ellipse(y + distance * np.sin(angle), x + distance * np.cos(angle), *rng.uniform(8, 25, 2))
    light = 0.35 * brain + 0.8 * (skull & ~brain) + 0.3 * tumour - 0.25 * _ellipse(y, x, 14, 8)
    texture = gaussian_filter(rng.normal(0, 0.6, light.shape), 2) * brain
    shown = rng.uniform(80, 250) * gaussian_filter(light + texture, 1)
    return shown.clip(0, 255).astype(np.uint8), tumour


def _ellipse(y: float, x: float, height: float, width: float) -> ndarray:
    return ((ROWS - y) / height) ** 2 + ((COLUMNS - x) / width) ** 2 < 1
