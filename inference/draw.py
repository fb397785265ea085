"""A picture of images that a network draws from noise."""

import numpy as np

from inference.command import stop_on_signals, wait_passively
from inference.models import Draw
from inference.output_file import resolve_output, temporary_beside
from inference.picture import format_by_ending, image_grid, write_picture
from inference.pinned_files import read_pinned

BATCH_SIZE = 8  # larger ones are no faster and take more memory


def draw_picture(model: Draw, picture: str, count: int, label: int | None = None, batch_size: int = BATCH_SIZE) -> None:
    """`count` images, all of the label, or of each label in turn where none is given. The ending of
    `picture` is its format. Raises OutputError and WeightsError, and then has written nothing."""
    output = resolve_output(picture, "PNG or JPEG file")
    how = format_by_ending(picture)
    temporary = temporary_beside(output)
    stop_on_signals(temporary)
    labels = [index % len(model.labels) if label is None else label for index in range(count)] if model.labels else None
    images = draw(read_pinned(model.weights), model.low, count, labels, batch_size)
    write_picture(output, temporary, image_grid(images, model.columns), how)


def draw(weights: bytes, low: int, count: int, labels: list[int] | None, batch_size: int) -> np.ndarray:
    """The bytes of a checkpoint -> uint8 N x H x W x C. Takes seconds, because it imports torch."""
    wait_passively()
    import torch

    from inference.pixels import to_uint8
    from inference.sampler import Sampler

    sampler = Sampler(weights)
    condition = [] if labels is None else [torch.tensor(labels)]
    return to_uint8(sampler.images(sampler.first_noise(count), *condition, batch_size=batch_size), low)
