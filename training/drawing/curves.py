"""Learning curves from the metrics of epochs (the dicts of metrics.jsonl)."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

matplotlib.use("Agg")


# What some methods count, as shares of 1.
SHARES = {
    "domain_accuracy": "domain head's accuracy",
    "coverage": "labels that count",
    "agreement": "student agrees with teacher",
}


def draw_panels(epochs: list[dict], file: Path, title: str, panels: dict[str, tuple[str, ...]]) -> None:
    """One run's picture: a plot for each {axis label: names of metrics}; what no epoch measured is left out."""
    measured = set().union(*epochs)
    panels = {
        label: there for label, names in panels.items() if (there := [name for name in names if name in measured])
    }
    figure, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 3.6), layout="constrained", squeeze=False)
    for plot, (label, names) in zip(axes[0], panels.items(), strict=True):
        draw_panel(plot, epochs, label, names)
    save(figure, file, title)


def draw_panel(axes: Axes, epochs: list[dict], label: str, names: Iterable[str]) -> None:
    """The named metrics over epochs; the axis shows `label`."""
    for name in names:
        axes.plot(*_series(epochs, name, "epoch"), label=name.replace("_", " "))
    _finish(axes, xlabel="epoch", ylabel=label)


def draw_losses(axes: Axes, epochs: list[dict], over: str = "epoch") -> None:
    """Whatever ends in _loss, over epochs, or over another count that each of them holds."""
    for name in dict.fromkeys(name for epoch in epochs for name in epoch if name.endswith("_loss")):
        axes.plot(*_series(epochs, name, over), label=name.replace("_", " "))
    _finish(axes, xlabel=over, ylabel="loss", ylim=(0, None))


def draw_percentages(axes: Axes, curves: dict[str, tuple[list[dict], str, float]], over: str = "epoch") -> None:
    """{label: (epochs, metric, factor that makes it percent)}; a metric that a run lacks is left out."""
    for label, (epochs, name, factor) in curves.items():
        if any(name in epoch for epoch in epochs):
            axes.plot(*_series(epochs, name, over, factor), label=label)
    _finish(axes, xlabel=over, ylabel="percent", ylim=(0, 100))


def shares(epochs: list[dict]) -> dict[str, tuple[list[dict], str, float]]:
    """The curves of SHARES for `draw_percentages`."""
    return {title: (epochs, name, 100) for name, title in SHARES.items()}


def save(figure: Figure, file: Path, title: str) -> None:
    figure.suptitle(title)
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _series(epochs: list[dict], name: str, over: str, factor: float = 1) -> tuple[list[int], list[float]]:
    """Over the epochs that have it: a method may do some things only at first, or only later."""
    having = [epoch for epoch in epochs if name in epoch]
    return [epoch[over] for epoch in having], [factor * epoch[name] for epoch in having]


def _finish(axes: Axes, **settings) -> None:
    axes.set(**settings)
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
