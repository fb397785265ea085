"""The picture of what adaptation gives and what augmentation gives.

    python3 -m training.drawing.bounds --scores figures/digits/scores.json --out figures/digits/bounds.png

Bars are the seeds' mean, with every seed as a point. The same as a table: training.scores.bounds.
"""

import statistics
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import tyro

from training.drawing.curves import save
from training.errors import exit_in_one_line
from training.scores.bounds import CELLS, Scenarios, by_scenario, table
from training.scores.command import read_scores
from training.scores.digits import METHODS, from_json

matplotlib.use("Agg")

# Of CELLS: a domain's bound pale, what adapts dark.
COLOURS = ("#b8c4d6", "#3c6ca8", "#f0cfa8", "#d9822b")


def draw(scenarios: Scenarios, file: Path) -> None:
    figure, axes = plt.subplots(figsize=(10, 4.2), layout="constrained")
    for place, (method, colour) in enumerate(zip(CELLS, COLOURS, strict=True)):
        drawn = [
            (row + (place - 1.5) / 5, tests[method]) for row, tests in enumerate(scenarios.values()) if tests[method]
        ]
        if not drawn:
            continue
        axes.bar(
            [x for x, _ in drawn],
            [statistics.mean(tests) for _, tests in drawn],
            0.19,
            color=colour,
            label=METHODS[method].title,
        )
        for x, tests in drawn:
            axes.plot([x] * len(tests), tests, "k.", markersize=4)
            axes.text(x, max(tests) + 1.5, f"{statistics.mean(tests):.1f}", ha="center", fontsize=8)
    axes.set(
        xticks=range(len(scenarios)),
        xticklabels=list(scenarios),
        xlim=(-0.5, len(scenarios) - 0.5),
        ylim=(0, 100),
        ylabel="test accuracy, percent",
    )
    axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.08))
    save(figure, file, "What adaptation adds, without and with augmentation towards the target; a point a seed")


def main(scores: Path = Path("figures/digits/scores.json"), out: Path = Path("figures/digits/bounds.png")) -> None:
    """Draws source only and DANN with both kinds of augmentation, and prints them as a table.

    Args:
        scores: JSON file of training.scores.digits.
        out: Picture to write.
    """
    with exit_in_one_line("bounds"):
        scenarios = by_scenario(read_scores(scores, from_json))
        draw(scenarios, out)
        print(table(scenarios), end="")


if __name__ == "__main__":
    tyro.cli(main)
