"""What a target classifier gets wrong: confusion matrices, and its most confident mistakes."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Predictions:
    """Labels N and confidences N in [0, 1]."""

    labels: np.ndarray
    confidences: np.ndarray


def predict(run: Path, images: Tensor) -> Predictions:
    confidences, labels = probabilities(run, images).max(1)
    return Predictions(labels.numpy(), confidences.numpy())


def draw_confusion(predictions: dict[str, Predictions], labels: np.ndarray, title: str, file: Path) -> None:
    """A panel for each {title: predictions}: percent of each true digit, so the diagonal is the accuracy a class."""
    figure, panels = plt.subplots(1, len(predictions), figsize=(5 * len(predictions), 5), layout="constrained")
    for axes, (method, predicted) in zip(np.atleast_1d(panels), predictions.items(), strict=True):
        percent = 100 * confusion_matrix(labels, predicted.labels, labels=range(10), normalize="true")
        ConfusionMatrixDisplay(percent).plot(ax=axes, cmap="Blues", colorbar=False, values_format=".0f")
        accuracy = 100 * (predicted.labels == labels).mean()
        axes.set(title=f"{method}, {accuracy:.1f} %", xlabel="predicted", ylabel="true")
    save(figure, file, title)


def draw_mistakes(predicted: Predictions, images: Tensor, labels: np.ndarray, title: str, file: Path) -> None:
    """The wrong predictions of highest confidence: true digit, prediction, confidence in percent."""
    wrong = np.flatnonzero(predicted.labels != labels)
    worst = wrong[np.argsort(-predicted.confidences[wrong], kind="stable")][: ROWS * COLUMNS]
    figure, panels = plt.subplots(ROWS, COLUMNS, figsize=(0.9 * COLUMNS, 1.15 * ROWS + 0.4), layout="constrained")
    for axes in panels.flat:
        axes.axis("off")
    for axes, row in zip(panels.flat, worst, strict=False):  # a good classifier may leave panels empty
        picture = OffsetImage(images[row].permute(1, 2, 0).numpy(), zoom=2.1)
        axes.add_artist(AnnotationBbox(picture, (0.5, 0.5), frameon=False))
        axes.set_title(f"{labels[row]} → {predicted.labels[row]}, {100 * predicted.confidences[row]:.0f}", fontsize=8)
    save(figure, file, title)
