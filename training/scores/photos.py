"""The scoring step of classifiers of photographs: CIFAR-10, and STL-10 or its stand-in.

    python3 -m training.scores.photos runs/cifar10_* --scores figures/photos/scores.json
    python3 -m training.scores.photos runs/stl10_* --data hw3_data/stl10_stand_in --scores figures/photos/scores.json

The test split chooses nothing: the epoch was chosen on held-out training images, the temperature is fitted on them
here, and the curve of test accuracies over the epochs comes from weights that the run kept. One or two minutes of one
core a run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import torch
import tyro

from inference.networks import build_network
from training.data.cifar10 import read_cifar10
from training.data.digits import LabelledImages
from training.data.split import LabelledSplit
from training.data.stl10 import read_labelled_stl10, source
from training.errors import exit_in_one_line
from training.measures.accuracy import percent_right
from training.measures.calibration import best_temperature, calibration_error
from training.methods.photos import logits_of
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, finished_runs, table_order, together
from training.scores.markdown import markdown_table
from training.systems import SYSTEMS

METHODS = ("classifier", "encoder_classifier")
HISTORY = 12  # epochs of the test curve
CPU = torch.device("cpu")
COLUMNS = (
    "data",
    "classifier",
    "seed",
    "parameters",
    "training images",
    "epoch",
    "validation",
    "test",
    "temperature",
    "calibration error",
    "after scaling",
)


@dataclass(frozen=True)
class Result:
    """One run; accuracies in percent, calibration errors in [0, 1]."""

    system: str
    seed: int
    fold: int | None  # of STL-10's ten, where the run had one
    data: str
    parameters: int
    training_images: int
    epoch: int
    validation: float
    test: float
    temperature: float
    error: float
    scaled_error: float
    # Pairs of an epoch and the test accuracy after it.
    history: list[list[float]]

    @property
    def key(self) -> tuple:
        """What one result replaces another by."""
        return self.system, self.seed, self.fold, self.data


def key_of(checkpoint: dict, data: Path) -> tuple:
    """`Result.key` of such a run on that data."""
    system = checkpoint["system"]
    name = "CIFAR-10" if system == "cifar10" else source(data)
    return system, checkpoint["seed"], checkpoint["settings"].get("fold"), name


def evaluate(run: Path, data: Path) -> Result:
    checkpoint = RunFolder(run).load_best()
    network = build_network(checkpoint)
    test, split = test_photos(checkpoint["system"], data), split_of(checkpoint, data)
    temperature = best_temperature(logits_of(network, split.validation.images), split.validation.labels)
    logits = logits_of(network, test.images)
    return Result(
        *key_of(checkpoint, data),
        sum(parameter.numel() for parameter in network.parameters()),
        len(split.training.labels),
        checkpoint["validation"]["epoch"],
        checkpoint["validation"]["validation_accuracy"],
        percent_right(logits, test.labels),
        temperature,
        calibration_error(logits, test.labels),
        calibration_error(logits / temperature, test.labels),
        list(history(run, test)),
    )


def split_of(checkpoint: dict, data: Path) -> LabelledSplit:
    """What the run learned from, and what was held out of it."""
    system, stored = SYSTEMS[checkpoint["system"]], checkpoint["settings"]
    fold = {"fold": stored["fold"]} if "fold" in stored else {}
    return system.load(replace(system.settings, data=data, **fold), CPU)


def test_photos(system: str, data: Path) -> LabelledImages:
    return read_cifar10(data, "test") if system == "cifar10" else read_labelled_stl10(data, "test")


def history(run: Path, test: LabelledImages) -> Iterator[list[float]]:
    """Of a dozen epochs, the last one among them."""
    files = RunFolder(run).epoch_files()
    for file in files[::-1][:: -(-len(files) // HISTORY)][::-1]:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        test_accuracy = percent_right(logits_of(build_network(checkpoint), test.images), test.labels)
        yield [checkpoint["validation"]["epoch"], test_accuracy]


def from_json(stored: list[dict]) -> list[Result]:
    return [Result(**entry) for entry in stored]


def table(results: list[Result]) -> str:
    rows = (
        [
            result.data,
            SYSTEMS[result.system].title,
            result.seed,
            f"{result.parameters:,}",
            f"{result.training_images:,}" + ("" if result.fold is None else f" (fold {result.fold})"),
            result.epoch,
            f"{result.validation:.1f}",
            f"**{result.test:.1f}**",
            f"{result.temperature:.2f}",
            f"{result.error:.3f}",
            f"{result.scaled_error:.3f}",
        ]
        for result in results
    )
    return markdown_table(COLUMNS, rows, texts=2)


@dataclass(frozen=True, kw_only=True)
class PhotosCall(Call):
    # Folder of CIFAR-10, or of STL-10's stl10_binary, whichever the runs are of.
    data: Path = Path("hw3_data")


def place(result: Result) -> tuple:
    row, seed = table_order(result)
    return row, result.data, seed


def main(call: Annotated[PhotosCall, NO_PREFIX]) -> None:
    """Scores finished classifiers of photographs on the test split."""
    with exit_in_one_line("scores"):
        call.check(from_json)
        runs = finished_runs(call.runs, METHODS, "a classifier of photographs", "docs/photos.md")
        results = [evaluate(run, call.data) for run in runs]
        results = sorted(together(call.earlier(from_json, []), results, attrgetter("key")), key=place)
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
