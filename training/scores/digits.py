"""The scoring step of digits: trained runs against the test split. Beside it these open the labels of that split:
training.scores.candidates, training.scores.predictions and training.drawing.digits, and MNIST-M's also
training.scores.pixelda and training.drawing.pixelda. Run them when nothing is left to choose;
docs/experiments.md says where that was not kept.

    python3 -m training.scores.digits runs/* --scores figures/digits/scores.json --table figures/digits/results.md

Predicts exactly as hw3_p3.sh and hw3_p4.sh do. Writes scores.json into every run folder, and two
Markdown tables: each scenario's methods, mean over the seeds, and all runs. Runs may lie on several
machines: the file of --scores gathers their results.
"""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from torch import Tensor

from inference.networks import build_network
from inference.predictor import Predictor
from training.augment.digits import to_float
from training.augment.domains import DOMAINS
from training.data.digits import read_labelled
from training.errors import DataError, exit_in_one_line
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, together
from training.scores.markdown import markdown_table
from training.systems import ROWS, methods_of

METHODS = methods_of("digits")
# Among them rows that learn by a method of digits: 50 labels by the mean teacher.
ROWS_OF_OTHER_FAMILIES = {row.name for row in ROWS if row.family != "digits"}


@dataclass(frozen=True)
class Result:
    """One run's figures, in percent; `epoch` is the one that the method chose, `parameters` the network's size."""

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
        return scenario_title(self.source, self.target)


def scenario_title(source: str, target: str) -> str:
    """What tables and figures call a scenario; a bound that needs one domain alone is called after it."""
    return DOMAINS[target].title if source == target else f"{DOMAINS[source].title} → {DOMAINS[target].title}"


def digit_runs(runs: Iterable[Path]) -> dict[Path, dict]:
    """{run: checkpoint} of the finished runs of digit methods; rows of other families and all else are passed over.
    Raises DataError at none."""
    stored = {run: RunFolder(run).load_best() for run in runs if RunFolder(run).done}
    found = {run: checkpoint for run, checkpoint in stored.items() if is_of_digits(checkpoint)}
    if not found:
        raise DataError(f"no finished run of {', '.join(METHODS)} is given: train one, see docs/running.md")
    return found


def is_of_digits(checkpoint: dict) -> bool:
    """The oldest weights in weights/ name their method, and no row."""
    return checkpoint["method"] in METHODS and checkpoint.get("system") not in ROWS_OF_OTHER_FAMILIES


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
    network = build_network(checkpoint)
    predictor = Predictor(network)
    predicted = np.concatenate(
        [predictor.labels(batch.permute(0, 2, 3, 1).numpy()) for batch in test.images.split(512)]
    )
    correct = predicted == test.labels.numpy()
    result = Result(
        checkpoint["method"],
        checkpoint["source"],
        checkpoint["target"],
        checkpoint["seed"],
        sum(weights.numel() for weights in network.parameters()),
        checkpoint["validation"]["epoch"],
        checkpoint["validation"]["validation_accuracy"],
        100 * correct.mean().item(),
        [100 * correct[test.labels == digit].mean().item() for digit in range(10)],
    )
    RunFolder(run).save_scores(asdict(result))
    return result


def from_json(stored: list[dict]) -> list[Result]:
    """What `as_lines` gave."""
    return [Result(**entry) for entry in stored]


def as_lines(results: list[Result]) -> str:
    """JSON, a line a run."""
    return "[\n" + ",\n".join(json.dumps(asdict(result)) for result in results) + "\n]\n"


def summary(results: list[Result]) -> str:
    """Markdown: a row a scenario, a column a method; the mean test accuracy and each seed's."""
    tests = defaultdict(dict)
    for result in sorted(results, key=lambda result: result.seed):
        tests[result.method, result.source, result.target][result.seed] = result.test
    shown = [name for name in METHODS if any(name == method for method, _, _ in tests)]
    adapted = sorted({(target, source) for method, source, target in tests if METHODS[method].adapts})
    rows = []
    for target, source in adapted:
        cells = (_cell(tests.get((name, source, target)) or tests.get((name, target, target), {})) for name in shown)
        rows.append([scenario_title(source, target), *cells])
    return markdown_table(("scenario", *(METHODS[name].title for name in shown)), rows)


def _cell(tests: dict[int, float]) -> str:
    """The mean over {seed: accuracy}, and each where there are several."""
    if not tests:
        return ""
    seeds = f" ({', '.join(f'{test:.1f}' for test in tests.values())})" if len(tests) > 1 else ""
    return f"{statistics.mean(tests.values()):.1f}{seeds}"


def table(results: list[Result]) -> str:
    """Markdown: a row a run, scenarios together, bounds around the method."""
    methods = list(METHODS)
    order = sorted(
        results, key=lambda result: (result.target, result.source, methods.index(result.method), result.seed)
    )
    columns = ("scenario", "method", "seed", "parameters", "epoch", "validation", "test", *range(10))
    rows = (
        [
            result.scenario,
            METHODS[result.method].title,
            result.seed,
            f"{result.parameters:,}",
            result.epoch,
            f"{result.validation:.1f}",
            f"**{result.test:.1f}**",
            *(f"{accuracy:.1f}" for accuracy in result.per_class),
        ]
        for result in order
    )
    return markdown_table(columns, rows, texts=2)


@torch.inference_mode()
def probabilities(run: Path, images: Tensor) -> Tensor:
    """What a run's network gives each digit, N x 10, for uint8 images N x 3 x 28 x 28."""
    network = build_network(RunFolder(run).load_best())
    return torch.cat([network(to_float(batch)).softmax(1) for batch in images.split(512)])


def main(call: Annotated[Call, NO_PREFIX]) -> None:
    """Scores finished runs on the test split."""
    with exit_in_one_line("scores"):
        call.check(from_json)
        checkpoints = digit_runs(call.runs)
        refuse_repeats(checkpoints)
        results = [evaluate(run, call.data) for run in checkpoints]
        results = together(call.earlier(from_json, []), results, attrgetter("run"))
        call.report(results, summary(results) + "\n" + table(results), as_lines)


if __name__ == "__main__":
    tyro.cli(main)
