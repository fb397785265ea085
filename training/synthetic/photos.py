"""Cartoon photographs of ten kinds of things, for smoke runs and tests: no real one may be shipped."""

import colorsys

import numpy as np
from numpy import ndarray
from numpy.random import Generator

CLASSES = 10


def demo_photos(count: int, size: int, seed: int = 0) -> tuple[ndarray, ndarray]:
    """Images uint8 count x size x size x 3 and labels int64 count, the classes in turn: each is a blob of one hue."""
    rng = np.random.Generator(np.random.PCG64(seed))
    labels = np.arange(count) % CLASSES
    return np.stack([_photo(label, size, rng) for label in labels]), labels


def _photo(label: int, size: int, rng: Generator) -> ndarray:
    rows, columns = np.mgrid[:size, :size] / (size / 2) - 1
    y, x = rng.uniform(-0.4, 0.4, 2)
    blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / rng.uniform(0.1, 0.4))[..., None]
    colour = np.array(colorsys.hsv_to_rgb(label / CLASSES, 0.9, rng.uniform(0.7, 1)))
    ground = rng.uniform(0.2, 0.8) + rng.normal(0, 0.1, (size, size, 3))
    return (255 * (blob * colour + (1 - blob) * ground)).clip(0, 255).astype(np.uint8)
