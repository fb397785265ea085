"""The scoring step: trained runs against the test split. Beside it only training.drawing.figures and training.scores.candidates
open the labels of that split. Run them when nothing is left to choose; README says where that was not kept.

    python3 -m training.scores.digits runs/* --data hw3_data --scores figures/digits_scores.json --table figures/digits_results.md

Predicts exactly as hw3_p3.sh and hw3_p4.sh do. Writes scores.json into every run folder, and two
Markdown tables: each scenario's methods, mean over the seeds, and all runs. Runs may lie on several
machines: the file of --scores gathers their results.
"""

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from torch import Tensor

from inference.networks import build_network
from inference.predictor import Predictor
from inference.image_folder import FolderError, UnreadableImage
from training.augment.digits import to_float
from training.data.digits import DataError, read_labelled
from training.run_folder import RunFolder

TITLES = {"usps": "USPS", "mnistm": "MNIST-M", "svhn": "SVHN"}
ADAPTING = {"dann": "DANN", "mean_teacher": "mean teacher"}
METHODS = {"source_only": "source only", **ADAPTING, "target_only": "target only"}  # bounds around the methods


@dataclass(frozen=True)
class Result:
    """One run's figures, in percent; `epoch` is the one that the method's own choice kept, `parameters` the network's size."""

    method: str
    source: str
    target: str
    seed: int
    parameters: int
    epoch: int
    validation: float
    test: float
    per_class: list[float]

    @property
    def run(self) -> tuple[str, str, str, int]:
        return self.method, self.source, self.target, self.seed

    @property
    def scenario(self) -> str:
        return f"{TITLES[self.source]} → {TITLES[self.target]}" if self.source != self.target else TITLES[self.target]


def digit_runs(runs: Iterable[Path]) -> dict[Path, dict]:
    """The checkpoint of each finished run of a digit method; all else is passed over. Raises DataError where none is left."""
    stored = {run: RunFolder(run).load_best() for run in runs if RunFolder(run).done}
    found = {run: checkpoint for run, checkpoint in stored.items() if checkpoint["method"] in METHODS}
    if not found:
        raise DataError(f"no finished run of {', '.join(METHODS)} is given: train one, see README.md")
    return found


def refuse_repeats(checkpoints: dict[Path, dict]) -> None:
    """Raises DataError where two runs have method, source, target and seed in common: one would hide the other."""
    runs = {}
    for run, stored in checkpoints.items():
        first = runs.setdefault(tuple(stored[part] for part in ("method", "source", "target", "seed")), run)
        if first != run:
            raise DataError(f"{first} and {run} have method, source, target and seed in common: give one of them")


def evaluate(run: Path, data: Path) -> Result:
    """Scores a finished run on its target's test split and writes scores.json.

    Raises DataError, FolderError or UnreadableImage where the data is not there or not whole.
    """
    checkpoint = RunFolder(run).load_best()
    test = read_labelled(data, checkpoint["target"], "test")
    network = build_network(RunFolder(run).load_best())
    predictor = Predictor(network)
    predicted = np.concatenate([predictor.labels(batch.permute(0, 2, 3, 1).numpy()) for batch in test.images.split(512)])
    correct = predicted == test.labels.numpy()
    result = Result(
        checkpoint["method"], checkpoint["source"], checkpoint["target"], checkpoint["seed"],
        sum(weights.numel() for weights in network.parameters()), checkpoint["validation"]["epoch"], checkpoint["validation"]["validation_accuracy"],
        100 * correct.mean().item(), [100 * correct[test.labels == digit].mean().item() for digit in range(10)])
    (run / "scores.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
    return result


def gather(results: list[Result], file: Path) -> list[Result]:
    """These results and those that the JSON file has of other runs; the file then has all of them.

    Raises DataError where the file holds something else.
    """
    try:
        earlier = [Result(**stored) for stored in json.loads(file.read_text())] if file.exists() else []
    except (ValueError, TypeError) as error:
        raise DataError(f"{file} does not hold scores of this program: {error}") from None
    gathered = list({result.run: result for result in earlier + results}.values())
    file.write_text("[\n" + ",\n".join(json.dumps(asdict(result)) for result in gathered) + "\n]\n")
    return gathered


def summary(results: list[Result]) -> str:
    """Markdown: a row a scenario, a column a method; the mean test accuracy and each seed's."""
    tests = defaultdict(dict)
    for result in sorted(results, key=lambda result: result.seed):
        tests[result.method, result.source, result.target][result.seed] = result.test
    adapted = sorted({(target, source) for method, source, target in tests if method in ADAPTING})
    lines = ["| scenario | " + " | ".join(METHODS.values()) + " |", "|---" * (len(METHODS) + 1) + "|"]
    for target, source in adapted:
        cells = [_cell(list(tests[method, target if method == "target_only" else source, target].values())) for method in METHODS]
        lines.append(f"| {TITLES[source]} → {TITLES[target]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(tests: list[float]) -> str:
    if not tests:
        return ""
    seeds = f" ({', '.join(f'{test:.1f}' for test in tests)})" if len(tests) > 1 else ""
    return f"{statistics.mean(tests):.1f}{seeds}"


def table(results: list[Result]) -> str:
    """Markdown: a row a run, scenarios together, bounds around the method."""
    methods = list(METHODS)
    order = sorted(results, key=lambda result: (result.target, result.source, methods.index(result.method), result.seed))
    digits = " | ".join(map(str, range(10)))
    lines = [f"| scenario | method | seed | parameters | epoch | validation | test | {digits} |", "|---" * 17 + "|"]
    for result in order:
        classes = " | ".join(f"{accuracy:.1f}" for accuracy in result.per_class)
        lines.append(f"| {result.scenario} | {METHODS[result.method]} | {result.seed} | {result.parameters:,} | {result.epoch} | "
                     f"{result.validation:.1f} | **{result.test:.1f}** | {classes} |")
    return "\n".join(lines) + "\n"


@torch.inference_mode()
def probabilities(run: Path, images: Tensor) -> Tensor:
    """What a run's network gives each digit, N x 10, for uint8 images N x 3 x 28 x 28."""
    network = build_network(RunFolder(run).load_best())
    return torch.cat([network(to_float(batch)).softmax(1) for batch in images.split(512)])


def publish(command: str, tables: Callable[[], str], table_file: Path | None) -> None:
    """Prints the Markdown that `tables` makes and writes it where a file is given. Data that is not there or
    not whole, or a file that cannot be written, ends the command with one line and exit code 2."""
    try:
        text = tables()
        print(text, end="")
        if table_file:
            table_file.write_text(text)
    except (DataError, FolderError, OSError, UnreadableImage) as error:
        print(f"{command}: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def main(runs: Annotated[list[Path], tyro.conf.Positional], /, data: Path = Path("hw3_data"), scores: Path | None = None,
         table_file: Annotated[Path | None, tyro.conf.arg(name="table")] = None) -> None:
    """Scores finished runs on the test split.

    Args:
        runs: Run folders; those that are not finished, or no digit method's, are passed over.
        data: Data in the course layout.
        scores: JSON file that gathers the results of runs; those of other runs that it has join the tables.
        table_file: Where to write the Markdown tables; they are printed in any case.
    """
    def tables() -> str:
        checkpoints = digit_runs(runs)
        refuse_repeats(checkpoints)
        results = [evaluate(run, data) for run in checkpoints]
        results = gather(results, scores) if scores else results
        return summary(results) + "\n" + table(results)

    publish("evaluate", tables, table_file)


if __name__ == "__main__":
    tyro.cli(main)
