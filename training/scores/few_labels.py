"""The scoring step of classifiers that learned from 50 labels: all draws of them against MNIST's test split.

    python3 -m training.scores.few_labels runs/transfer_* \\
        --scores figures/few_labels/scores.json --table figures/few_labels/results.md

A row's runs differ in their seed, and so in the 50 labels that they drew: tables give the mean over the draws and
the standard deviation of one draw. Seconds a run on one core.
"""

import statistics
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro
from sklearn.metrics import precision_recall_fscore_support
from torch import Tensor, nn

from inference.networks import build_network
from models.digit_classifier import DigitClassifier
from training.augment.digits import to_float
from training.data.digits import LabelledImages
from training.data.mnist import load_few_labels, read_labelled_grey
from training.errors import DataError, exit_in_one_line
from training.measures.accuracy import percent_right
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, table_order, together
from training.scores.markdown import markdown_table
from training.systems import SYSTEMS

FAMILY = "few_labels"
MEASURES = ("precision", "recall", "f1")
COLUMNS = ("system", "draws", "accuracy on the 50", "test accuracy", "deviation", "lowest", "highest")


@dataclass(frozen=True)
class Result:
    """One draw of 50 labels, in percent; precision, recall and F1 are of the digits 0 to 9."""

    system: str
    seed: int
    training: float  # accuracy on the 50 images, as they are
    test: float
    precision: list[float]
    recall: list[float]
    f1: list[float]
    encoder: str | None = None  # the row whose run lent its encoder

    @property
    def title(self) -> str:
        return titled(self.system, self.encoder)


def titled(system: str, encoder: str | None) -> str:
    """What tables and figures call a row, by the encoder that it was given."""
    return SYSTEMS[system].title + (f" ({SYSTEMS[encoder].title})" if encoder else "")


def draw_key(result: Result) -> tuple:
    return result.system, result.encoder, result.seed


def draw_order(result: Result) -> tuple:
    """An encoder's rows together, what has none last."""
    return result.encoder or "~", *table_order(result)


def encoder_of(checkpoint: dict) -> str | None:
    return (checkpoint["started_from"] or {}).get("system")


def finished_runs(runs: list[Path]) -> list[Path]:
    """Those that learn from 50 labels; the rest are passed over. Raises DataError where none is left, or
    two are one draw."""
    found = {}
    for run in runs:
        if not RunFolder(run).done or (checkpoint := RunFolder(run).load_best())["system"] not in SYSTEMS:
            continue
        if SYSTEMS[checkpoint["system"]].family == FAMILY:
            draw = checkpoint["system"], encoder_of(checkpoint), checkpoint["seed"]
            if (first := found.setdefault(draw, run)) != run:
                raise DataError(f"{first} and {run} have row and seed in common: give one of them")
    if not found:
        raise DataError("no finished run of a row of 50 labels is given: train one, see docs/few_labels.md")
    return list(found.values())


@torch.inference_mode()
def logits_of(network: nn.Module, images: Tensor) -> Tensor:
    """Of uint8 images N x 1 x S x S, N x 10. The adaptation's network takes them in three channels."""
    channels = 3 if isinstance(network, DigitClassifier) else 1
    return torch.cat([network(to_float(batch)) for batch in images.expand(-1, channels, -1, -1).split(500)])


def evaluate(run: Path, data: Path) -> Result:
    """Scores a finished run on the test split and on its 50."""
    checkpoint = RunFolder(run).load_best()
    network = build_network(checkpoint)
    size = 28 if isinstance(network, DigitClassifier) else 32
    test, fifty = read_labelled_grey(data, "test", size), fifty_digits(checkpoint, data, size)
    logits = logits_of(network, test.images)
    measures = precision_recall_fscore_support(test.labels, logits.argmax(1), labels=range(10), zero_division=0)[:3]
    return Result(
        checkpoint["system"],
        checkpoint["seed"],
        percent_right(logits_of(network, fifty.images), fifty.labels),
        percent_right(logits, test.labels),
        *((100 * values).round(2).tolist() for values in measures),
        encoder_of(checkpoint),
    )


def fifty_digits(checkpoint: dict, data: Path, size: int) -> LabelledImages:
    """What the run learned from; a smoke run's are made."""
    settings = SYSTEMS[checkpoint["system"]].settings
    drawn = replace(settings, data=data, seed=checkpoint["seed"], smoke=checkpoint["settings"]["smoke"])
    return load_few_labels(drawn, torch.device("cpu"), size).training


def from_json(stored: list[dict]) -> list[Result]:
    return [Result(**entry) for entry in stored]


def table(results: list[Result]) -> str:
    """Markdown: a row a system, then precision, recall and F1 of each digit."""
    by_title = defaultdict(list)
    for result in results:
        by_title[result.title].append(result)
    accuracies = ([title, *spread(draws)] for title, draws in by_title.items())
    measures = ([title, measure, *means(draws, measure)] for title, draws in by_title.items() for measure in MEASURES)
    return (
        markdown_table(COLUMNS, accuracies)
        + "\n"
        + markdown_table(("system", "measure", *map(str, range(10))), measures, texts=2)
    )


def spread(draws: list[Result]) -> list[object]:
    """A system's cells: how many draws, mean accuracies, and how the test's varies."""
    tests = [draw.test for draw in draws]
    deviation = f"{statistics.stdev(tests):.1f}" if len(tests) > 1 else None
    training = statistics.mean(draw.training for draw in draws)
    return [
        len(draws),
        f"{training:.1f}",
        f"{statistics.mean(tests):.1f}",
        deviation,
        f"{min(tests):.1f}",
        f"{max(tests):.1f}",
    ]


def means(draws: list[Result], measure: str) -> list[str]:
    """A measure of the digits 0 to 9, mean over the draws."""
    return [f"{statistics.mean(values):.1f}" for values in zip(*(getattr(draw, measure) for draw in draws))]


def main(call: Annotated[Call, NO_PREFIX]) -> None:
    """Scores finished runs of classifiers that learned from 50 labels on MNIST's test split."""
    with exit_in_one_line("scores"):
        call.check(from_json)
        results = [evaluate(run, call.data) for run in finished_runs(call.runs)]
        results = sorted(together(call.earlier(from_json, []), results, draw_key), key=draw_order)
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
