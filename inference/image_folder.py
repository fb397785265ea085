"""Lists a folder's images and decodes them, each to uint8 RGB of one size, the same on every machine."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from inference.command import shown

SIZE = 28
ENDINGS = (".png", ".jpg", ".jpeg")
# A few kilobytes of PNG can claim gigabytes. 32 megapixels take at most 0.5 GiB while they are converted.
LARGEST = 32_000_000


class FolderError(Exception):
    """A folder that gives no images, in one line."""


class UnreadableImage(Exception):
    """An image file that does not decode, in one line."""


def list_images(folder: str) -> list[str]:
    """Names of the folder's PNG and JPEG files, sorted by code point, without hidden files.

    Raises FolderError where the folder cannot be listed or has none.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if is_image(entry))
    except OSError as error:
        raise FolderError(f"{shown(folder)}: {error.strerror}: give a folder of images") from None
    if not names:
        raise FolderError(f"{shown(folder)}: no {', '.join(ENDINGS)} file in it: give a folder of images")
    return names


def is_image(entry: os.DirEntry) -> bool:
    """By name, and not a folder or pipe. A dangling link counts: to skip it would lose an image."""
    if entry.name.startswith(".") or not entry.name.lower().endswith(ENDINGS):
        return False
    try:
        return entry.is_file() or not os.path.exists(entry.path)
    except OSError:
        return True


def decode_image(path: str | os.PathLike, size: int = SIZE, channels: int = 3) -> np.ndarray:
    """A PNG or JPEG of any size and mode -> uint8 size x size x channels: 3 are RGB, 1 is grey.

    16-bit grey keeps its high byte; transparency is laid over white, as a viewer shows it; other
    sizes are resized bilinearly (Pillow does that in integers, so all machines agree).
    Raises UnreadableImage, which names the file, whatever is wrong with it.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            refuse_huge(image)
            rgb = to_rgb(image)
            if rgb.size != (size, size):
                rgb = rgb.resize((size, size), Image.Resampling.BILINEAR)
            return np.asarray(rgb) if channels == 3 else np.asarray(rgb.convert("L"))[..., None]
    except Exception as error:  # damaged files make Pillow raise OSError, SyntaxError, ValueError and more
        raise UnreadableImage(f"{shown(path)}: {reason(error)}: replace or remove this image") from None


def refuse_huge(image: Image.Image) -> None:
    width, height = image.size
    if width * height > LARGEST:
        raise ValueError(f"{width}x{height} pixels, more than {LARGEST // 1_000_000} million")


def reason(error: Exception) -> str:
    """Pillow's or the system's words in one line, without the path, which the message has already."""
    if isinstance(error, Image.UnidentifiedImageError):
        return "not a PNG or JPEG image"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {LARGEST // 1_000_000} million pixels"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())


def to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: "I;16", in older Pillow "I"; convert() would clip it
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def image_size(path: str) -> tuple[int, int]:
    """Width and height of an image that decodes."""
    with Image.open(path, formats=("PNG", "JPEG")) as image:
        return image.size


def decode_batch(folder: str, names: list[str], size: int = SIZE, channels: int = 3) -> np.ndarray:
    """Images of a folder -> uint8 N x size x size x channels. Raises UnreadableImage."""
    return np.stack([decode_image(os.path.join(folder, name), size, channels) for name in names])


def decoded_batches(folder: str, names: list[str], batch_size: int, *how: int) -> Iterator[np.ndarray]:
    """Batches of images in the names' order, the next one decoded while the network has this one.
    `how` is decode_batch's."""
    batches = [names[start : start + batch_size] for start in range(0, len(names), batch_size)]
    with ThreadPoolExecutor(1) as decoder:
        upcoming = decoder.submit(decode_batch, folder, batches[0], *how)
        for batch in batches[1:]:
            decoded = upcoming.result()
            upcoming = decoder.submit(decode_batch, folder, batch, *how)
            yield decoded
        yield upcoming.result()
