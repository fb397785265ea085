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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from inference.command import UsageError, exit_code, shown, stop_on_signals, wait_passively
from inference.csv_output import write_csv
from inference.image_folder import FolderError, UnreadableImage, decode_batch, list_images
from inference.output_file import OutputError, resolve_output, temporary_beside
from inference.pinned_files import WeightsError, read_pinned

DOMAINS = ("mnistm", "svhn", "usps")
BATCH_SIZE = 256  # 64 to 1,024 are equally fast; memory grows with it
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


def decoded_batches(folder: str, names: list[str], size: int) -> Iterator:
    """Batches of images in the names' order, the next one decoded while the network has this one."""
    batches = [names[start:start + size] for start in range(0, len(names), size)]
    with ThreadPoolExecutor(1) as decoder:
        upcoming = decoder.submit(decode_batch, folder, batches[0])
        for batch in batches[1:]:
            decoded = upcoming.result()
            upcoming = decoder.submit(decode_batch, folder, batch)
            yield decoded
        yield upcoming.result()


def load_predictor(weights: bytes) -> Callable:
    """A function from uint8 N x 28 x 28 x 3 to labels N. Takes seconds, because it imports torch."""
    wait_passively()
    from inference.networks import build_network, read_checkpoint
    from inference.predictor import Predictor
    return Predictor(build_network(read_checkpoint(weights))).labels


def run(arguments: list[str]) -> None:
    request = parse(arguments)
    names = list_images(request.folder)
    output = resolve_output(request.output, "CSV file")
    temporary = temporary_beside(output)
    stop_on_signals(temporary)
    predict = load_predictor(read_pinned(f"{request.method}_{request.domain}.pth"))
    labels = []
    for images in decoded_batches(request.folder, names, request.batch_size):
        labels.extend(predict(images).tolist())
    write_csv(output, temporary, zip(names, labels, strict=True))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow warns about odd but readable images
    sys.exit(exit_code(run, sys.argv[1:], EXIT_CODES))
