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

from inference.command import UsageError, exit_code
from inference.draw import BATCH_SIZE, draw_picture
from inference.models import DRAW
from inference.output_file import OutputError
from inference.pinned_files import WeightsError

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


def run(arguments: list[str]) -> None:
    request = parse(arguments)
    model = DRAW[request.method]
    draw_picture(model, request.output, model.count, batch_size=request.batch_size)


if __name__ == "__main__":
    sys.exit(exit_code(run, sys.argv[1:], EXIT_CODES))
