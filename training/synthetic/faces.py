"""Cartoon faces with attributes, for smoke runs and tests: no real face may be shipped here."""

import numpy as np
from numpy import ndarray

from training.data.faces import ATTRIBUTES, SIZE

ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE].astype(float)


def demo_faces(count: int, seed: int = 0) -> tuple[ndarray, ndarray]:
    """uint8 count x 64 x 64 x 3 and bool count x 13. Smiling bends the mouth, Black_Hair darkens the
    hair; the other attributes are drawn and not painted."""
    rng = np.random.Generator(np.random.PCG64(seed))
    attributes = rng.random((count, len(ATTRIBUTES))) < 0.5
    return np.stack([_face(rng, dict(zip(ATTRIBUTES, row, strict=True))) for row in attributes]), attributes


def _face(rng: np.random.Generator, attributes: dict[str, bool]) -> ndarray:
    y, x = 34 + rng.normal(0, 1, 2) * (1, 2)
    image = np.full((SIZE, SIZE, 3), rng.uniform(40, 220, 3))
    hair = rng.uniform(10, 40, 3) if attributes["Black_Hair"] else rng.uniform(120, 220, 3)
    skin = rng.uniform(0.7, 1) * np.array([235, 190, 160])
    image[_ellipse(y - 4, x, 27, 23)] = hair
    image[_ellipse(y, x, 22, 17)] = skin
    for side in (-7, 7):
        image[_ellipse(y - 5, x + side, 2, 3)] = rng.uniform(20, 90, 3)
    bend = 0.08 if attributes["Smiling"] else -0.04
    image[(np.abs(ROWS - y - 12 + bend * (COLUMNS - x) ** 2) < 1.5) & (np.abs(COLUMNS - x) < 8)] = (150, 40, 50)
    return (image + rng.normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)


def _ellipse(y: float, x: float, height: float, width: float) -> ndarray:
    return ((ROWS - y) / height) ** 2 + ((COLUMNS - x) / width) ** 2 < 1
