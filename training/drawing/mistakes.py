"""What a target classifier gets wrong: confusion matrices, and its most confident mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
from torch import Tensor

from training.drawing.curves import save
from training.scores.digits import probabilities

matplotlib.use("Agg")

ROWS, COLUMNS = 4, 10
SHOWN = 59  # pixels of a mistake's side, whatever its size
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Predictions:
    """Labels N and confidences N in [0, 1]."""

    labels: np.ndarray
    confidences: np.ndarray


def predict(run: Path, images: Tensor) -> Predictions:
    confidences, labels = probabilities(run, images).max(1)
    return Predictions(labels.numpy(), confidences.numpy())


def draw_confusion(
    predictions: dict[str, Predictions],
    labels: np.ndarray,
    title: str,
    file: Path,
    names: Sequence[str] = DIGITS,
) -> None:
    """A panel for each {title: predictions}: percent of each true class, so the diagonal is the accuracy a class."""
    columns = min(3, len(predictions))
    rows = ceil(len(predictions) / columns)
    side = 5 if len(predictions) == 1 else 3.6  # inches; several have to be read at a page's width
    figure, panels = plt.subplots(
        rows, columns, figsize=(side * columns, side * rows), layout="constrained", squeeze=False
    )
    for axes in panels.flat[len(predictions) :]:
        axes.axis("off")
    for axes, (method, predicted) in zip(panels.flat, predictions.items(), strict=False):
        percent = 100 * confusion_matrix(labels, predicted.labels, labels=range(10), normalize="true")
        display = ConfusionMatrixDisplay(percent, display_labels=names)
        display.plot(
            ax=axes, cmap="Blues", colorbar=False, values_format=".0f", xticks_rotation=0 if names == DIGITS else 45
        )
        if names != DIGITS:  # words end at their ticks
            plt.setp(axes.get_xticklabels(), ha="right", rotation_mode="anchor")
        accuracy = 100 * (predicted.labels == labels).mean()
        axes.set(title=f"{method}, {accuracy:.1f} %", xlabel="predicted", ylabel="true")
    save(figure, file, title)


def draw_mistakes(
    predicted: Predictions,
    images: Tensor,
    labels: np.ndarray,
    title: str,
    file: Path,
    names: Sequence[str] = DIGITS,
) -> None:
    """The wrong predictions of highest confidence: true class, prediction, confidence in percent."""
    wrong = np.flatnonzero(predicted.labels != labels)
    worst = wrong[np.argsort(-predicted.confidences[wrong], kind="stable")][: ROWS * COLUMNS]
    figure, panels = plt.subplots(
        ROWS, COLUMNS, figsize=(0.9 * COLUMNS, (1.15 if names == DIGITS else 1.3) * ROWS + 0.4), layout="constrained"
    )
    for axes in panels.flat:
        axes.axis("off")
    arrow = " → " if names == DIGITS else " →\n"  # words need two lines
    for axes, row in zip(panels.flat, worst, strict=False):  # a good classifier may leave panels empty
        picture = OffsetImage(images[row].permute(1, 2, 0).numpy(), zoom=SHOWN / images.shape[-1])
        axes.add_artist(AnnotationBbox(picture, (0.5, 0.5), frameon=False))
        true, answer = names[labels[row]], names[predicted.labels[row]]
        axes.set_title(f"{true}{arrow}{answer}, {100 * predicted.confidences[row]:.0f}", fontsize=8)
    save(figure, file, title)
