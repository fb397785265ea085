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


def image_grid(images: np.ndarray) -> np.ndarray:
    """uint8 N x H x W x 3, N a multiple of 8 -> one picture, row by row.

    A white gap of 2 pixels lies between the faces and around them all, as torchvision's make_grid
    lays it: 32 faces of 64x64 make 4 rows of 8, 266 pixels high and 530 wide.
    """
    framed = np.pad(images, ((0, 0), (GAP, 0), (GAP, 0), (0, 0)), constant_values=WHITE)
    count, height, width, channels = framed.shape
    rows = framed.reshape(count // COLUMNS, COLUMNS, height, width, channels)
    picture = rows.swapaxes(1, 2).reshape(count // COLUMNS * height, COLUMNS * width, channels)
    return np.pad(picture, ((0, GAP), (0, GAP), (0, 0)), constant_values=WHITE)


def format_by_ending(path: str) -> dict:
    """What Pillow needs to save a picture there. Raises OutputError for an ending that is none of FORMATS."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        raise OutputError(f"{shown(path)}: unknown ending: give the path of a {', '.join(FORMATS)} file")
    return FORMATS[ending]


def write_picture(file: str, temporary: str, picture: np.ndarray, how: dict) -> None:
    """uint8 H x W x 3 goes to `temporary`, which is then renamed to `file` in one step. Raises OutputError."""
    with replacing(file, temporary), open(temporary, "xb") as output:
        Image.fromarray(picture).save(output, **how)
