"""A picture of images side by side, written as PNG or JPEG."""

import os

import numpy as np
from PIL import Image

from inference.command import shown
from inference.output_file import OutputError, replacing

COLUMNS = 8
GAP = 2
WHITE = 255
JPEG = {"format": "JPEG", "quality": 95, "subsampling": 0}  # as near to the pixels as JPEG sensibly gets
FORMATS = {".png": {"format": "PNG"}, ".jpg": JPEG, ".jpeg": JPEG}


def image_grid(images: np.ndarray, columns: int = COLUMNS) -> np.ndarray:
    """uint8 N x H x W x C -> one picture, row by row; what is left of the last row stays white.

    A white gap of 2 pixels lies between the faces and around them all, as torchvision's make_grid
    lays it: 32 faces of 64x64 make 4 rows of 8, 266 pixels high and 530 wide.
    """
    columns = min(columns, len(images))
    missing = -len(images) % columns
    framed = np.pad(images, ((0, missing), (GAP, 0), (GAP, 0), (0, 0)), constant_values=WHITE)
    count, height, width, channels = framed.shape
    rows = framed.reshape(count // columns, columns, height, width, channels)
    picture = rows.swapaxes(1, 2).reshape(count // columns * height, columns * width, channels)
    return np.pad(picture, ((0, GAP), (0, GAP), (0, 0)), constant_values=WHITE)


def format_by_ending(path: str) -> dict:
    """What Pillow needs to save a picture there. Raises OutputError for an ending that is none of FORMATS."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        raise OutputError(f"{shown(path)}: unknown ending: give the path of a {', '.join(FORMATS)} file")
    return FORMATS[ending]


def write_picture(file: str, temporary: str, picture: np.ndarray, how: dict) -> None:
    """uint8 H x W x 3, or grey H x W x 1, goes to `temporary`, which then takes the place of `file` in one step.

    Raises OutputError.
    """
    with replacing(file, temporary), open(temporary, "xb") as output:
        image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
        image.save(output, **how)
