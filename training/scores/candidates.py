"""How label-free measures rank candidate runs, next to what their test accuracy turns out to be.

    python3 -m training.scores.candidates runs/try_* --table figures/digits/candidates.md

The measures see the target's training images without labels. The last column is for the reader and
opens the test split's labels: run this once, when nothing is left to choose.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from scipy.stats import spearmanr

from training.data.digits import read_images
from training.errors import exit_in_one_line
from training.measures.label_free import agreement_with_vote, mean_entropy, soft_neighbourhood_density
from training.run_folder import read_metrics
from training.scores.digits import Result, digit_runs, evaluate, probabilities, publish

IMAGES = 4000  # of the target's training split: nearly all of SVHN's here
MEASURES = {"validation": 1, "agreement": 1, "entropy": -1, "neighbourhood density": 1, "vote": 1}  # -1: low is good


@dataclass(frozen=True)
class Candidate:
    """A finished run, its measures by name, and its test accuracy in percent."""

    name: str
    result: Result
    measures: dict[str, float]


def measure(runs: list[Path], data: Path) -> list[Candidate]:
    """Candidates of one scenario: the vote is among them."""
    results = [evaluate(run, data) for run in runs]
    images = read_images(data, results[0].target, "train")[:IMAGES]
    predicted = [probabilities(run, images) for run in runs]
    votes = agreement_with_vote([rows.argmax(1) for rows in predicted])
    return [Candidate(run.name, result, {
        "validation": result.validation,
        "agreement": 100 * read_metrics(run)[result.epoch - 1].get("agreement", float("nan")),
        "entropy": mean_entropy(rows),
        "neighbourhood density": soft_neighbourhood_density(rows),
        "vote": vote,
    }) for run, result, rows, vote in zip(runs, results, predicted, votes, strict=True)]


def table(candidates: list[Candidate]) -> str:
    """Markdown: a row a candidate, best vote first; then each measure's rank correlation with the test accuracy."""
    lines = [f"| {candidates[0].result.scenario} | " + " | ".join(MEASURES) + " | test |", "|---" * (len(MEASURES) + 2) + "|"]
    for candidate in sorted(candidates, key=lambda candidate: -candidate.measures["vote"]):
        values = " | ".join(f"{candidate.measures[name]:.2f}" for name in MEASURES)
        lines.append(f"| {candidate.name} | {values} | {candidate.result.test:.1f} |")
    tests = [candidate.result.test for candidate in candidates]
    correlations = [sign * spearmanr([candidate.measures[name] for candidate in candidates], tests).statistic
                    for name, sign in MEASURES.items()]
    lines.append("| *rank correlation with test* | " + " | ".join(f"{value:+.2f}" for value in correlations) + " | |")
    return "\n".join(lines) + "\n"


def main(runs: Annotated[list[Path], tyro.conf.Positional], /, data: Path = Path("hw3_data"),
         table_file: Annotated[Path | None, tyro.conf.arg(name="table")] = None) -> None:
    """Ranks finished runs, scenario by scenario.

    Args:
        runs: Run folders; those that are not finished, or no digit method's, are passed over.
        data: Data in the course layout.
        table_file: Where to write the Markdown tables; they are printed in any case.
    """
    with exit_in_one_line("candidates"):
        publish("\n".join(table(measure(group, data)) for group in by_scenario(runs)), table_file)


def by_scenario(runs: list[Path]) -> Iterable[list[Path]]:
    """The finished runs, grouped by source and target."""
    scenarios = defaultdict(list)
    for run, stored in digit_runs(runs).items():
        scenarios[stored["source"], stored["target"]].append(run)
    return scenarios.values()


if __name__ == "__main__":
    tyro.cli(main)
