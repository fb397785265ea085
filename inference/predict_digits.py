"""Predicts the digits of a folder of images; what hw3_p3.sh and hw3_p4.sh run.

    predict_digits.py METHOD IMAGE_FOLDER DOMAIN OUT_CSV [--batch-size N]

The weights are weights/METHOD_DOMAIN.pth as pinned in checkpoints.txt. Exit codes: 0 done, 2 the
caller's fault, 3 weights not to be had, 4 an image that cannot be read, 1 anything else, 143 and
130 stopped by SIGTERM and SIGINT; each but 0 with one line on stderr and no output.
"""

import os
import sys

if __name__ == "__main__":
    # Run by path, so that nothing in the caller's folder can be imported; look here for the rest.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from inference.command import begin

    begin()

import warnings
from typing import NamedTuple

from inference.command import UsageError, exit_code, shown
from inference.image_folder import FolderError, UnreadableImage
from inference.models import PREDICT
from inference.output_file import OutputError
from inference.pinned_files import WeightsError
from inference.predict import BATCH_SIZE, predict_folder

DOMAINS = ("mnistm", "svhn", "usps")
EXIT_CODES = {UsageError: 2, FolderError: 2, OutputError: 2, WeightsError: 3, UnreadableImage: 4}


class Request(NamedTuple):
    method: str
    folder: str
    domain: str
    output: str
    batch_size: int


def parse(arguments: list[str]) -> Request:
    """By position and not with argparse: a folder's name may begin with a dash."""
    *required, option, number = arguments if len(arguments) == 6 else [*arguments, "--batch-size", str(BATCH_SIZE)]
    if len(required) != 4 or option != "--batch-size" or not number.isdecimal() or int(number) == 0:
        raise UsageError(f"usage: <folder of images> <{'|'.join(DOMAINS)}> <CSV to write> [--batch-size N]")
    request = Request(*required, int(number))
    if request.domain not in DOMAINS:
        raise UsageError(f"{shown(request.domain)}: unknown domain: give {', '.join(DOMAINS)}")
    return request


def run(arguments: list[str]) -> None:
    request = parse(arguments)
    weights = f"{request.method}_{request.domain}.pth"
    model = next(model for model in PREDICT.values() if model.weights == weights)
    predict_folder(model, request.folder, request.output, request.batch_size)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow warns about odd but readable images
    sys.exit(exit_code(run, sys.argv[1:], EXIT_CODES))
