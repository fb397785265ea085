"""Opens what a submission wrote as a picture; in a bounded child only: a small file can take minutes."""

import base64
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from grading.images import SUFFIXES

MAX_PIXELS = 32_000_000  # 32 tiles of 1,000 x 1,000; a small file can unpack to gigabytes


class PictureError(Exception):
    """A file that is no picture to be graded, in one line."""


def read_picture(path: Path) -> np.ndarray:
    """uint8 H x W x 3. Raises PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=["PNG", "JPEG"]) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise PictureError(f"{image.width} x {image.height} pixels are too many")
                return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"cannot be opened as PNG or JPEG: {error}") from error


def is_jpeg(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"\xff\xd8"


def same_pictures(root: Path, pixels: np.ndarray) -> list[str]:
    """The submission's own files that show exactly these pixels."""
    files = [path for path in sorted(root.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    return [str(path.relative_to(root)) for path in files if shows(path, pixels)]


def shows(path: Path, pixels: np.ndarray) -> bool:
    try:
        with Image.open(path, formats=["PNG", "JPEG"]) as image:
            if (image.height, image.width) != pixels.shape[:2]:
                return False
        return np.array_equal(read_picture(path), pixels)
    except (OSError, ValueError, SyntaxError, PictureError, Image.DecompressionBombError):
        return False


def inline(path: Path) -> str:
    """A picture as a data URL."""
    raw = path.read_bytes()
    kind = "png" if raw.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
