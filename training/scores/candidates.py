"""How label-free measures rank candidate runs, next to what their test accuracy turns out to be.

    python3 -m training.scores.candidates runs/try_* --unscored --table figures/digits/candidates.md

The measures see the target's training images without labels. With --unscored the test split stays shut: so a
choice is made, and written down. Without it the last column, for the reader, opens that split's
labels: run this once, when nothing is left to choose.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro
from scipy.stats import spearmanr
from torch import Tensor

from training.augment.digits import augment_weakly
from training.data.digits import read_images
from training.errors import exit_in_one_line
from training.measures.label_free import agreement_with_vote, mean_entropy, soft_neighbourhood_density
from training.run_folder import RunFolder
from training.scores.command import make_folders, publish
from training.scores.digits import digit_runs, evaluate, probabilities, scenario_title
from training.scores.markdown import markdown_table

IMAGES = 4000  # of the target's training split: nearly all of SVHN's here
# -1: low is good.
MEASURES = {"validation": 1, "agreement": 1, "consistency": 1, "entropy": -1, "neighbourhood density": 1, "vote": 1}


@dataclass(frozen=True)
class Candidate:
    """A finished run, its measures by name, and its test accuracy in percent, None where it was not to be seen."""

    name: str
    scenario: str
    measures: dict[str, float]
    test: float | None


def measure(runs: list[Path], data: Path, scored: bool) -> list[Candidate]:
    """Candidates of one scenario: the vote is among them."""
    stored = [RunFolder(run).load_best() for run in runs]
    source, target = stored[0]["source"], stored[0]["target"]
    images = read_images(data, target, "train")[:IMAGES]
    distorted = augment_weakly(images, target, torch.Generator().manual_seed(0))
    predicted = [probabilities(run, images) for run in runs]
    votes = agreement_with_vote([rows.argmax(1) for rows in predicted])
    return [
        Candidate(
            run.name,
            scenario_title(source, target),
            {
                "validation": validation["validation_accuracy"],
                "agreement": 100 * validation.get("agreement", float("nan")),
                "consistency": consistency(rows, probabilities(run, distorted)),
                "entropy": mean_entropy(rows),
                "neighbourhood density": soft_neighbourhood_density(rows),
                "vote": vote,
            },
            evaluate(run, data).test if scored else None,
        )
        for run, validation, rows, vote in zip(
            runs, [checkpoint["validation"] for checkpoint in stored], predicted, votes, strict=True
        )
    ]


def consistency(rows: Tensor, distorted: Tensor) -> float:
    """Percent of images that are read alike when turned and shifted a little; both are probabilities N x 10."""
    return 100 * (rows.argmax(1) == distorted.argmax(1)).float().mean().item()


def table(candidates: list[Candidate]) -> str:
    """Markdown: a row a candidate, best vote first; then, where test accuracies are known, each measure's rank
    correlation with them."""
    scored = candidates[0].test is not None
    measures = measured_by(candidates)
    columns = [*measures, "test"] if scored else [*measures]
    rows = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.measures["vote"]):
        values = [f"{candidate.measures[name]:.2f}" for name in measures]
        if scored:
            values.append(f"{candidate.test:.1f}")
        rows.append([candidate.name, *values])
    if scored:
        rows.append(["*rank correlation with test*", *correlations(candidates), None])
    return markdown_table((candidates[0].scenario, *columns), rows)


def measured_by(candidates: list[Candidate]) -> dict[str, int]:
    """MEASURES without what these candidates' method does not measure: only a mean teacher has an agreement."""
    return {
        name: sign
        for name, sign in MEASURES.items()
        if not any(math.isnan(candidate.measures[name]) for candidate in candidates)
    }


def correlations(candidates: list[Candidate]) -> list[str]:
    """Of each measure."""
    tests = [candidate.test for candidate in candidates]
    values = [
        sign * spearmanr([candidate.measures[name] for candidate in candidates], tests).statistic
        for name, sign in measured_by(candidates).items()
    ]
    return [f"{value:+.2f}" for value in values]


def main(
    runs: Annotated[list[Path], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    table_file: Annotated[Path | None, tyro.conf.arg(name="table")] = None,
    unscored: bool = False,
) -> None:
    """Ranks finished runs, scenario by scenario.

    Args:
        runs: Run folders; those that are not finished, or no digit method's, are passed over.
        data: Data in the course layout.
        table_file: Where to write the Markdown tables; they are printed in any case.
        unscored: Leave the test accuracy out, and the test split shut.
    """
    with exit_in_one_line("candidates"):
        make_folders(table_file)
        publish("\n".join(table(measure(group, data, not unscored)) for group in by_scenario(runs)), table_file)


def by_scenario(runs: list[Path]) -> Iterable[list[Path]]:
    """The finished runs, grouped by source and target."""
    scenarios = defaultdict(list)
    for run, stored in digit_runs(runs).items():
        scenarios[stored["source"], stored["target"]].append(run)
    return scenarios.values()


if __name__ == "__main__":
    tyro.cli(main)
