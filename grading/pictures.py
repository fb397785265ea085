"""Opens a submission's picture, finds its tiles, and says how far two pictures are apart."""

import base64
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

MAX_PIXELS = 32_000_000   # 32 tiles of 1,000 x 1,000; a small file can unpack to gigabytes
BACKGROUND = 12           # grey levels that JPEG adds to a plain line between two tiles


class PictureError(Exception):
    """A file that is no picture to be graded, in one line."""


def read_picture(path: Path) -> np.ndarray:
    """uint8 H x W x 3. Raises PictureError."""
    try:
        with warnings.catch_warnings(), Image.open(path, formats=["PNG", "JPEG"]) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > MAX_PIXELS:
                raise PictureError(f"{image.width} x {image.height} pixels are too many")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"cannot be opened as PNG or JPEG: {error}") from error


def segments(pixels: np.ndarray) -> list[tuple[int, int]]:
    """Runs of rows that are not one plain colour: (begin, end)."""
    spread = pixels.max(axis=1).astype(int) - pixels.min(axis=1)
    filled = np.concatenate([[False], (spread > BACKGROUND).any(axis=1), [False]])
    edges = np.flatnonzero(filled[1:] != filled[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def across(pixels: np.ndarray) -> np.ndarray:
    return pixels.transpose(1, 0, 2)


def tiles(pixels: np.ndarray, rows: int, columns: int) -> list[np.ndarray]:
    """The picture's tiles, row by row. Raises PictureError where it is no grid of rows x columns.

    Tiles are told apart by plain lines between them; without any the picture is cut evenly.
    """
    found_rows, found_columns = segments(pixels), segments(across(pixels))
    if len(found_rows) == rows and len(found_columns) == columns:
        return [pixels[top:bottom, left:right] for top, bottom in found_rows for left, right in found_columns]
    if len(found_rows) > 1 or len(found_columns) > 1:
        raise PictureError(f"{len(found_rows)} rows of {len(found_columns)} tiles, expected {rows} of {columns}")
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    if pixels.shape[0] % rows or pixels.shape[1] % columns or height != width:
        raise PictureError(f"{pixels.shape[1]} x {pixels.shape[0]} pixels are no {rows} rows of {columns} square tiles")
    return [pixels[row * height:(row + 1) * height, column * width:(column + 1) * width]
            for row in range(rows) for column in range(columns)]


def different_tiles(found: list[np.ndarray]) -> int:
    return len({(tile.shape, tile.tobytes()) for tile in found})


def difference(first: np.ndarray, second: np.ndarray) -> str:
    """How far two pictures are apart, in words; "" where every pixel is equal."""
    if first.shape != second.shape:
        return f"{first.shape[1]} x {first.shape[0]} pixels against {second.shape[1]} x {second.shape[0]}"
    apart = np.abs(first.astype(np.int16) - second)
    if not apart.any():
        return ""
    return (f"{100 * apart.any(axis=2).mean():.2f} % of the pixels differ, by {apart[apart > 0].mean():.1f} of 255 "
            f"on average and {apart.max()} at most")


def difference_picture(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Differences stretched to full brightness, or None where the sizes differ."""
    if first.shape != second.shape:
        return None
    apart = np.abs(first.astype(np.int16) - second)
    return (255 / max(1, apart.max()) * apart).astype(np.uint8)


def inline(path: Path) -> str:
    """A picture as a data URL."""
    raw = path.read_bytes()
    kind = "png" if raw.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
