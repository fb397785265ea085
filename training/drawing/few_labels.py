"""Curves of classifiers that learn from 50 labels: loss and accuracy on the 50 and on held-out digits.

    python3 -m training.drawing.few_labels runs/transfer_* --out figures/few_labels

Writes curves_<encoder>.png, or curves.png of runs without one: a column a system, the mean over its
runs, and a band from the lowest to the highest.
"""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import tyro
from matplotlib.axes import Axes

from training.drawing.curves import save
from training.errors import exit_in_one_line
from training.methods.transfer import Transfer
from training.run_folder import RunFolder, read_metrics
from training.scores.few_labels import encoder_of, finished_runs
from training.systems import SYSTEMS


def draw_band(axes: Axes, runs: list[list[dict]], name: str) -> None:
    """A metric over the epochs of several runs of one length."""
    values = np.array([[epoch[name] for epoch in run] for run in runs])
    epochs = np.arange(1, values.shape[1] + 1)
    axes.plot(epochs, values.mean(axis=0), label=name.replace("_", " "))
    axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), alpha=0.2)


def draw_curves(encoder: str | None, runs: dict[str, list[list[dict]]], file: Path) -> None:
    """{title: metrics of its runs} on an encoder; a row for each of the method's panels."""
    figure, axes = plt.subplots(
        len(Transfer.panels),
        len(runs),
        figsize=(2.3 * len(runs), 4.6),
        layout="constrained",
        sharey="row",
        squeeze=False,
    )
    for row, (label, names) in zip(axes, Transfer.panels.items(), strict=True):
        for place, (title, metrics) in zip(row, runs.items(), strict=True):
            for name in names:
                draw_band(place, metrics, name)
            draws = f"{len(metrics)} {'draw' if len(metrics) == 1 else 'draws'}"
            place.set_title(f"{title}, {draws}".replace(", ", ",\n"), fontsize=10)
            place.set_xlabel("epoch")
            place.grid(alpha=0.3)
        row[0].set_ylabel(label)
        row[0].legend(frameon=False, fontsize=8)
    given = f", {SYSTEMS[encoder].title}'s encoder" if encoder else ""
    save(figure, file, f"50 labels{given}: mean of the draws, and from the lowest to the highest")


def main(runs: Annotated[list[Path], tyro.conf.Positional], /, out: Path = Path("figures/few_labels")) -> None:
    """Draws the curves of finished runs of the four ways of transfer.

    Args:
        runs: Run folders; others are passed over.
        out: Folder of the picture.
    """
    with exit_in_one_line("drawing"):
        found = defaultdict(lambda: defaultdict(list))
        for run in finished_runs(runs):
            checkpoint = RunFolder(run).load_best()
            if checkpoint["method"] == Transfer.name:
                found[encoder_of(checkpoint)][SYSTEMS[checkpoint["system"]].title].append(read_metrics(run))
        out.mkdir(parents=True, exist_ok=True)
        for encoder, runs_of in found.items():
            draw_curves(encoder, runs_of, out / (f"curves_{encoder}.png" if encoder else "curves.png"))


if __name__ == "__main__":
    tyro.cli(main)
