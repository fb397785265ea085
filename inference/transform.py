"""A folder of images -> a folder of the images that a network makes of them."""

import os
from collections import Counter
from collections.abc import Callable

import numpy as np

from inference.command import UsageError, shown, stop_on_signals, wait_passively
from inference.image_folder import decode_image, decoded_batches, image_size, list_images
from inference.models import Transform
from inference.output_file import OutputError, resolve_folder, temporary_beside
from inference.picture import FORMATS, write_picture
from inference.pinned_files import read_pinned

BATCH_SIZE = 8  # float64: larger ones are hardly faster and take more memory
NOISE_SEED = 0


def transform_folder(model: Transform, folder: str, out: str) -> None:
    """Writes a PNG of the same name for each image, one after the other, each whole.

    Raises FolderError, OutputError, UsageError, WeightsError and UnreadableImage. Nothing has been
    written then, unless the disk fills up half way: that leaves, as a signal does, the first of the pictures.
    """
    names = list_images(folder)
    files = [os.path.join(resolve_folder(out, folder), name) for name in png_names(names)]
    refuse_folders(files)
    for name in names:  # an image that cannot be read is found before the first one is written
        decode_image(os.path.join(folder, name), model.takes.size, model.takes.channels)
    temporary = temporary_beside(files[0])
    stop_on_signals(temporary, f"{shown(out)} holds the pictures so far, each whole")
    transform = load_transform(read_pinned(model.weights), model, len(names))
    done = 0
    for images in decoded_batches(folder, names, BATCH_SIZE, model.takes.size, model.takes.channels):
        for pixels in transform(images, done):
            size = image_size(os.path.join(folder, names[done])) if model.own_size else None
            write_picture(files[done], temporary, resized(pixels, size), FORMATS[".png"])
            done += 1


def png_names(names: list[str]) -> list[str]:
    """`a.jpg` becomes `a.png`. Raises UsageError where two images would get one name."""
    results = [os.path.splitext(name)[0] + ".png" for name in names]
    name, count = Counter(results).most_common(1)[0]
    if count > 1:
        raise UsageError(f"{shown(name)}: {count} of the images would get this name: rename all but one of them")
    return results


def refuse_folders(files: list[str]) -> None:
    for file in files:
        if os.path.isdir(file):
            raise OutputError(f"{shown(file)}: is a folder: remove it or choose another place")


def resized(pixels: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """uint8 H x W x C; to a width and height by nearest neighbour, if they are given."""
    if size is None:
        return pixels
    columns, rows = (np.arange(new) * old // new for new, old in zip(size, pixels.shape[1::-1], strict=True))
    return pixels[rows][:, columns]


def load_transform(weights: bytes, model: Transform, count: int) -> Callable:
    """A function from uint8 N x H x W x C, and the place of the first of them among the `count` images
    by name, to uint8 images N. Takes seconds, because it imports torch."""
    wait_passively()
    import torch

    from inference.networks import build_network, read_checkpoint
    from inference.noise import fixed_noise
    from inference.pixels import to_input, to_uint8

    network = build_network(read_checkpoint(weights)).double()
    noise = fixed_noise(count, network.noise_size, NOISE_SEED, model.noise).double() if model.noise else None

    @torch.inference_mode()
    def transform(images: np.ndarray, first: int) -> np.ndarray:
        extra = [] if noise is None else [noise[first : first + len(images)]]
        return to_uint8(network.transform(to_input(images, torch.float64, model.takes.low), *extra), model.low)

    return transform
