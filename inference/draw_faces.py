"""Draws the 32 faces of the report's figure; what hw3_p1.sh and hw3_p2.sh run.

    draw_faces.py METHOD OUT_IMAGE [--batch-size N]

The network and the noise come from weights/METHOD.pth as pinned in checkpoints.txt; METHOD is vae
or gan. The ending of OUT_IMAGE picks the format: a PNG has the same pixels everywhere, a JPEG nearly.
Exit codes: 0 done, 2 the caller's fault, 3 weights not to be had, 1 anything else, 143 and 130
stopped by SIGTERM and SIGINT; each but 0 with one line on stderr and no output.
"""

import os
import sys

if __name__ == "__main__":
    # Run by path, so that nothing in the caller's folder can be imported; look here for the rest.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from inference.command import begin
    begin()

from typing import NamedTuple

import numpy as np

from inference.command import UsageError, exit_code, stop_on_signals, wait_passively
from inference.picture import format_by_ending, image_grid, write_picture
from inference.output_file import OutputError, resolve_output, temporary_beside
from inference.pinned_files import WeightsError, read_pinned

BATCH_SIZE = 8  # of 32: larger ones are no faster and take more memory
EXIT_CODES = {UsageError: 2, OutputError: 2, WeightsError: 3}


class Request(NamedTuple):
    method: str
    output: str
    batch_size: int


def parse(arguments: list[str]) -> Request:
    """By position and not with argparse: a file's name may begin with a dash."""
    *required, option, number = arguments if len(arguments) == 4 else [*arguments, "--batch-size", str(BATCH_SIZE)]
    if len(required) != 2 or option != "--batch-size" or not number.isdecimal() or int(number) == 0:
        raise UsageError("usage: <.png or .jpg file to write> [--batch-size N]")
    return Request(*required, int(number))


def draw(weights: bytes, batch_size: int) -> np.ndarray:
    """The bytes of a checkpoint -> the figure, uint8 266 x 530 x 3. Takes seconds, because it imports torch."""
    wait_passively()
    from inference.pixels import to_uint8
    from inference.sampler import Sampler
    sampler = Sampler(weights)
    return image_grid(to_uint8(sampler.images(sampler.noise, batch_size=batch_size)))


def run(arguments: list[str]) -> None:
    request = parse(arguments)
    output = resolve_output(request.output, "PNG or JPEG file")
    how = format_by_ending(request.output)
    temporary = temporary_beside(output)
    stop_on_signals(temporary)
    picture = draw(read_pinned(f"{request.method}.pth"), request.batch_size)
    write_picture(output, temporary, picture, how)


if __name__ == "__main__":
    sys.exit(exit_code(run, sys.argv[1:], EXIT_CODES))
