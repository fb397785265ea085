"""Predicts the digits of a folder of images; what hw3_p3.sh and hw3_p4.sh run.

    predict_digits.py METHOD IMAGE_FOLDER DOMAIN OUT_CSV [--batch-size N]

The weights are weights/METHOD_DOMAIN.pth as pinned in checkpoints.txt. Exit codes: 0 done, 2 the
caller's fault, 3 weights not to be had, 4 an image that cannot be read, 1 anything else, 143 and
130 stopped by SIGTERM and SIGINT; each but 0 with one line on stderr and no output.
"""

import os
import signal
import sys
from importlib.util import find_spec

if __name__ == "__main__":
    # Run by path, so that nothing in the caller's folder can be imported; look here for the rest.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports below: no traceback
    if missing := [package for package in ("numpy", "PIL", "torch") if not find_spec(package)]:
        print(f"{sys.executable}: {', '.join(missing)} not installed: pip install -r requirements.txt", file=sys.stderr)
        sys.exit(2)

import contextlib
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from inference.csv_output import OutputError, resolve_output, temporary_beside, write_csv
from inference.image_folder import FolderError, UnreadableImage, decode_batch, list_images, shown
from inference.pinned_files import WeightsError, read_pinned

DOMAINS = ("mnistm", "svhn", "usps")
BATCH_SIZE = 256  # 64 to 1,024 are equally fast; memory grows with it


class UsageError(Exception):
    """Arguments that make no sense, in one line."""


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


def stop_on_signals(temporary: str) -> None:
    """SIGTERM and SIGINT end the process at once and take the temporary file along.

    No exception is raised for it: one could be lost wherever C code calls back into Python.
    """
    def stop(number, frame):
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        os.write(2, f"stopped by {signal.Signals(number).name}: nothing was written\n".encode())
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


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
    # Threads that spin while they wait gain 1% on idle cores, and on busy ones took 51 s for 8.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from inference.digit_predictor import DigitPredictor, build_network
    return DigitPredictor(build_network(weights)).labels


def run(arguments: list[str]) -> None:
    request = parse(arguments)
    names = list_images(request.folder)
    output = resolve_output(request.output)
    temporary = temporary_beside(output)
    stop_on_signals(temporary)
    predict = load_predictor(read_pinned(f"{request.method}_{request.domain}.pth"))
    labels = []
    for images in decoded_batches(request.folder, names, request.batch_size):
        labels.extend(predict(images).tolist())
    write_csv(output, temporary, zip(names, labels, strict=True))


def main(arguments: list[str]) -> int:
    warnings.simplefilter("ignore")  # Pillow warns about odd but readable images
    try:
        run(arguments)
    except Exception as error:
        known = type(error) in EXIT_CODES
        print(error if known else f"unexpected {type(error).__name__}: {error}".replace("\n", " "), file=sys.stderr)
        return EXIT_CODES.get(type(error), 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
