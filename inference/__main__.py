"""Every model by its name:

    python3 -m inference list
    python3 -m inference predict MODEL FOLDER CSV
    python3 -m inference transform MODEL FOLDER FOLDER_TO_WRITE_INTO
    python3 -m inference draw MODEL PICTURE [--label L] [--count N]

The weights are those that checkpoints.txt pins; what is missing of them is fetched first. Exit
codes: 0 done, 2 the caller's fault, 3 weights not to be had, 4 an image that cannot be read, 1
anything else, 143 and 130 stopped by SIGTERM and SIGINT; each but 0 with one line on stderr and no
output, except that a transformation that is stopped half way leaves the pictures so far, each whole.
"""

import sys

from inference.command import begin

if __name__ == "__main__":
    begin()

import warnings
from typing import NamedTuple

from inference.command import UsageError, exit_code, shown
from inference.draw import draw_picture
from inference.fetch import fetch
from inference.image_folder import FolderError, UnreadableImage
from inference.models import TABLES, Draw, Predict, Transform
from inference.output_file import OutputError
from inference.pinned_files import WeightsError
from inference.predict import predict_folder
from inference.transform import transform_folder

EXIT_CODES = {UsageError: 2, FolderError: 2, OutputError: 2, WeightsError: 3, UnreadableImage: 4}
PLACES = {
    "predict": "<folder> <CSV to write>",
    "transform": "<folder> <folder to write into>",
    "draw": "<picture to write>",
}
LARGEST_COUNT = 1000  # of images to draw: a picture of 8 million pixels at 64x64


class Request(NamedTuple):
    model: Predict | Transform | Draw
    places: list[str]
    options: dict[str, int]


def usage(verb: str) -> str:
    options = " [--label L] [--count N]" if verb == "draw" else ""
    return f"usage: python3 -m inference {verb} <model> {PLACES[verb]}{options}"


def parse(verb: str, arguments: list[str]) -> Request:
    """By position and not with argparse: a folder's name may begin with a dash."""
    table, end = TABLES[verb], 1 + PLACES[verb].count("<")
    name, places, options = arguments[:1], arguments[1:end], arguments[end:]
    if name and name[0] not in table:
        raise UsageError(f"{shown(name[0])}: no model of that name to {verb} with: give {', '.join(table)}")
    if len(arguments) < end or (options and verb != "draw"):
        raise UsageError(usage(verb))
    model = table[name[0]]
    return Request(model, places, parse_options(name[0], model, options) if verb == "draw" else {})


def parse_options(name: str, model: Draw, options: list[str]) -> dict[str, int]:
    """Of `draw`: its count, and the label if one is given."""
    values = dict(zip(options[::2], options[1::2]))
    if 2 * len(values) != len(options) or not values.keys() <= {"--label", "--count"}:
        raise UsageError(usage("draw"))
    count, label = values.get("--count", str(model.count)), values.get("--label")
    if not count.isdecimal() or not 1 <= int(count) <= LARGEST_COUNT:
        raise UsageError(f"{shown(count)}: not a count: give a number from 1 to {LARGEST_COUNT}")
    if label is None:
        return {"count": int(count)}
    if not model.labels:
        raise UsageError(f"{name} takes no --label")
    if not label.isdecimal() or int(label) >= len(model.labels):
        known = ", ".join(f"{number} ({meaning})" for number, meaning in enumerate(model.labels))
        raise UsageError(f"{shown(label)}: not a label of {name}: give {known}")
    return {"count": int(count), "label": int(label)}


def list_models() -> None:
    for verb, table in TABLES.items():
        for name, model in table.items():
            print(f"{verb:<10} {name:<26} {model.about}{describe(model)}")


def describe(model: Predict | Transform | Draw) -> str:
    if not isinstance(model, Draw):
        return f"; each image is read as {model.takes}"
    return "".join(f"; --label {number}: {meaning}" for number, meaning in enumerate(model.labels))


def run(arguments: list[str]) -> None:
    verb, *rest = arguments or [""]
    if verb == "list" and not rest:
        return list_models()
    if verb not in TABLES:
        raise UsageError("usage: python3 -m inference <list|predict|transform|draw> …")
    model, places, options = parse(verb, rest)
    fetch(model.weights)
    {"predict": predict_folder, "transform": transform_folder, "draw": draw_picture}[verb](model, *places, **options)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow warns about odd but readable images
    sys.exit(exit_code(run, sys.argv[1:], EXIT_CODES))
