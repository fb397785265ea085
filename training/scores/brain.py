"""The scoring step of segmentation: Dice and IoU on patients that no run has seen, beside what needs no learning.

    python3 -m training.scores.brain runs/segmentation_both --scores figures/brain/scores.json \\
        --table figures/brain/results.md

A run is scored on the test patients of its fold; five runs with --fold 0 to 4 are a cross-validation. The test patients
choose nothing. About a minute of one core a run.
"""

from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Annotated

import tyro
from torch import Tensor

from inference.networks import build_network
from training.data.brain import SPLIT, Slices, parts, read_slices, read_split
from training.errors import exit_in_one_line
from training.measures.overlap import dice, iou
from training.measures.tumour_baselines import best_level, brighter, neighbours_masks
from training.methods.segmentation import Segmentation, predicted
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, finished_runs, together
from training.scores.markdown import markdown_table

WORST = 5
COLUMNS = (
    "masks from",
    "fold",
    "seed",
    "slices",
    "mean Dice",
    "median",
    "worst five",
    "mean IoU",
    "patients",
    "mean Dice of patients",
    "median",
    "worst five",
    "Dice in validation",
)


@dataclass(frozen=True)
class Summary:
    """Of Dice or IoU, over slices or over patients."""

    mean: float
    median: float
    worst: list[float]  # the five lowest


@dataclass(frozen=True)
class Scores:
    """One way of marking tumours; a patient's value is the mean of its slices'."""

    run: str
    fold: int
    slices: int
    patients: int
    slice_dice: Summary
    slice_iou: Summary
    patient_dice: Summary
    system: str | None = None
    seed: int | None = None
    validation_dice: float | None = None


def evaluate(run: Path, slices: Slices) -> Scores:
    """Scores a finished run on its fold's test patients."""
    checkpoint = RunFolder(run).load_best()
    fold = checkpoint["settings"]["fold"]
    test = parts(slices, read_split(SPLIT), fold)[2]
    return scored(
        run.name,
        fold,
        predicted(build_network(checkpoint), test),
        test,
        system=checkpoint["system"],
        seed=checkpoint["seed"],
        validation_dice=checkpoint["validation"]["validation_dice"],
    )


def baselines(slices: Slices, fold: int) -> list[Scores]:
    """The best single threshold of training slices, and the neighbour's true mask for slices that have one."""
    training, _, test = parts(slices, read_split(SPLIT), fold)
    level = best_level(training)
    masks, has_one = neighbours_masks(test)
    having = Slices(
        test.images[has_one],
        test.masks[has_one],
        tuple(name for name, kept in zip(test.names, has_one.tolist(), strict=True) if kept),
    )
    return [
        scored(f"pixels {level} deviations above the head's mean", fold, brighter(test, level), test),
        scored("neighbouring slice's true mask", fold, masks[has_one], having),
    ]


def scored(name: str, fold: int, masks: Tensor, truth: Slices, **rest) -> Scores:
    values = dice(masks, truth.masks).tolist()
    return Scores(
        name,
        fold,
        len(values),
        len(set(truth.patients)),
        summary(values),
        summary(iou(masks, truth.masks).tolist()),
        summary(by_patient(values, truth.patients)),
        **rest,
    )


def by_patient(values: list[float], patients: list[str]) -> list[float]:
    """The mean of each patient's slices."""
    return [
        fmean(value for value, owner in zip(values, patients, strict=True) if owner == patient)
        for patient in sorted(set(patients))
    ]


def summary(values: list[float]) -> Summary:
    return Summary(fmean(values), median(values), sorted(values)[:WORST])


def from_json(stored: list[dict]) -> list[Scores]:
    """What `dataclasses.asdict` gave of each."""
    summaries = ("slice_dice", "slice_iou", "patient_dice")
    return [Scores(**row | {name: Summary(**row[name]) for name in summaries}) for row in stored]


def table(scores: list[Scores]) -> str:
    rows = [
        [
            row.run,
            row.fold,
            row.seed,
            row.slices,
            *cells(row.slice_dice),
            f"{row.slice_iou.mean:.3f}",
            row.patients,
            *cells(row.patient_dice),
            None if row.validation_dice is None else f"{row.validation_dice:.3f}",
        ]
        for row in scores
    ]
    note = "\nA patient's value is the mean of its slices'. Every slice has a tumour.\n"
    return markdown_table(COLUMNS, rows) + note + spread(scores)


def cells(values: Summary) -> list[str]:
    return [f"{values.mean:.3f}", f"{values.median:.3f}", " ".join(f"{value:.2f}" for value in values.worst)]


def spread(scores: list[Scores]) -> str:
    """A line where runs of one row and seed cover several folds: a second seed must not count twice in a fold."""
    lines = ""
    for system, seed in sorted({(row.system, row.seed) for row in scores if row.system}):
        folds = {row.fold: row for row in scores if (row.system, row.seed) == (system, seed)}
        if len(folds) > 1:
            lines += (
                f"\n{system}, seed {seed}, {len(folds)} folds: mean Dice of slices "
                f"{mean_and_spread([row.slice_dice.mean for row in folds.values()])}, of patients "
                f"{mean_and_spread([row.patient_dice.mean for row in folds.values()])} between folds.\n"
            )
    return lines


def mean_and_spread(means: list[float]) -> str:
    return f"{fmean(means):.3f} ± {stdev(means):.3f}"


def main(call: Annotated[Call, NO_PREFIX]) -> None:
    """Scores finished segmentation runs on the test patients of their folds."""
    with exit_in_one_line("scores"):
        call.check(from_json)
        runs = finished_runs(call.runs, (Segmentation.name,), "segmentation", "docs/medical.md")
        slices = read_slices(call.data)
        results = baselines(slices, fold=0) + [evaluate(run, slices) for run in runs]
        results = together(call.earlier(from_json, []), results, attrgetter("run", "fold"))
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
