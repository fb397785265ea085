"""How far two pictures are apart, and whether JPEG's compression explains it."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin

BLOCK = 16  # pixels: the largest unit that JPEG compresses by itself
SPARE = 3.0  # grey levels of a block's mean that another decoder, or a picture compressed twice, may add
COMPRESSION = 1.5  # times what compressing the picture itself changes in a block


def difference(first: np.ndarray, second: np.ndarray) -> str:
    """How far two pictures are apart, in words; "" where every pixel is equal."""
    if first.shape != second.shape:
        return f"{first.shape[1]} x {first.shape[0]} pixels against {second.shape[1]} x {second.shape[0]}"
    apart = np.abs(first.astype(np.int16) - second)
    if not apart.any():
        return ""
    return (
        f"{100 * apart.any(axis=2).mean():.2f} % of the pixels differ, by {apart[apart > 0].mean():.1f} of 255 "
        f"on average and {apart.max()} at most"
    )


def difference_picture(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Differences of two pictures of one size, stretched to full brightness."""
    apart = np.abs(first.astype(np.int16) - second)
    return (255 / max(1, apart.max()) * apart).astype(np.uint8)


def compressed_like(pixels: np.ndarray, jpeg: Path) -> np.ndarray:
    """The picture after JPEG with that file's tables. Raises what Pillow raises."""
    with Image.open(jpeg) as image:
        settings = {"qtables": image.quantization, "subsampling": JpegImagePlugin.get_sampling(image)}
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **settings)
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def blocks(apart: np.ndarray) -> np.ndarray:
    """Mean of every BLOCK x BLOCK pixels; those at the edge may be smaller."""
    edges = [np.arange(0, size, BLOCK) for size in apart.shape[:2]]
    sums = np.add.reduceat(np.add.reduceat(apart.mean(axis=2), edges[0], axis=0), edges[1], axis=1)
    sizes = [np.diff([*edge, size]) for edge, size in zip(edges, apart.shape[:2])]
    return sums / np.outer(*sizes)


def explained_by_compression(drawn: np.ndarray, other: np.ndarray, jpeg: Path) -> bool:
    """Whether `other` can be `drawn` after compression like that of the file `jpeg`, block by block."""
    own = compressed_like(drawn, jpeg).astype(float)
    allowed = SPARE + COMPRESSION * blocks(np.abs(own - drawn))
    return bool((blocks(np.abs(own - other)) <= allowed).all())
