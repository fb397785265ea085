"""The report's figures of photographs.

    python3 -m training.drawing.photos runs/cifar10_0 --out figures/photos
    python3 -m training.drawing.photos runs/stl10_* --data hw3_data/stl10_stand_in --out figures/photos

For each scored classifier: history_<run>.png (losses, validation and test accuracy), confusion_<run>.png,
reliability_<run>.png before and after temperature scaling, and mistakes_<run>.png, the most confident ones. For an
autoencoder: reconstructions_<run>.png. Mistakes and reconstructions show the data set's own images.
"""

from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import torch
import tyro
from torch import Tensor

from inference.networks import build_network
from inference.pixels import to_uint8
from training.augment.images import signed
from training.data.cifar10 import CLASSES
from training.data.stl10 import read_labelled_stl10, source, stl10_file
from training.drawing.curves import draw_losses, draw_percentages, save
from training.drawing.mistakes import Predictions, draw_confusion, draw_mistakes
from training.errors import DataError, exit_in_one_line
from training.measures.calibration import calibration_error, reliability
from training.methods.photos import logits_of
from training.run_folder import RunFolder, read_metrics
from training.scores.command import read_scores
from training.scores.photos import METHODS, Result, from_json, key_of, test_photos
from training.systems import SYSTEMS

NINE = 9


def draw_classifier(run: Path, data: Path, result: Result, out: Path) -> None:
    checkpoint = RunFolder(run).load_best()
    test = test_photos(result.system, data)
    logits, labels = logits_of(build_network(checkpoint), test.images), test.labels.numpy()
    confidences, predicted = (logits / result.temperature).softmax(1).max(1)
    predictions = Predictions(predicted.numpy(), confidences.numpy())
    title, names = f"{SYSTEMS[result.system].title} ({result.data})", class_names(result.system, data)
    draw_history(read_metrics(run), result, title, out / f"history_{run.name}.png")
    narrow = f"{SYSTEMS[result.system].title}\n({result.data})"  # in two lines, as the figure is
    draw_confusion({"test split": predictions}, labels, narrow, out / f"confusion_{run.name}.png", names)
    draw_reliability(logits, test.labels, result, title, out / f"reliability_{run.name}.png")
    subtitle = f"{title}: most confident mistakes, true → predicted, confidence in percent"
    draw_mistakes(predictions, test.images, labels, subtitle, out / f"mistakes_{run.name}.png", names)


def class_names(system: str, data: Path) -> tuple[str, ...]:
    return CLASSES if system == "cifar10" else tuple(stl10_file(data, "class_names.txt").read_text().split())


def draw_history(epochs: list[dict], result: Result, title: str, file: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    draw_losses(left, epochs)
    tests = [{"epoch": epoch, "test": test} for epoch, test in result.history]
    curves = {"validation accuracy": (epochs, "validation_accuracy", 1), "test accuracy": (tests, "test", 1)}
    draw_percentages(right, curves)
    save(figure, file, title)


def draw_reliability(logits: Tensor, labels: Tensor, result: Result, title: str, file: Path) -> None:
    """Accuracy over confidence, before and after; points are as large as their bins."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained", sharey=True)
    for axes, name, temperature in zip(panels, ("as trained", "scaled"), (1, result.temperature), strict=True):
        confidences, accuracies, counts = reliability(logits / temperature, labels)
        error = calibration_error(logits / temperature, labels)
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
        axes.plot(confidences, accuracies, color="tab:blue", linewidth=1)
        axes.scatter(confidences, accuracies, s=10 + 400 * counts / counts.sum(), color="tab:blue")
        axes.set(title=f"{name}, temperature {temperature:.2f}: error {error:.3f}", xlabel="confidence")
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("accuracy")
    save(figure, file, title)


@torch.inference_mode()
def draw_reconstructions(run: Path, data: Path, out: Path) -> None:
    """Nine test images, below them what the autoencoder makes of them."""
    images = read_labelled_stl10(data, "test").images[:NINE].contiguous()
    checkpoint = RunFolder(run).load_best()
    rebuilt = build_network(checkpoint).transform(signed(images))
    rows = {"original": images.permute(0, 2, 3, 1).numpy(), "rebuilt": to_uint8(rebuilt)}
    figure, axes = plt.subplots(2, NINE, figsize=(1.3 * NINE, 3.2), layout="constrained")
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for place, picture in zip(line, pictures, strict=True):
            place.imshow(picture)
            place.set(xticks=[], yticks=[])
        line[0].set_ylabel(name)
    title = f"{SYSTEMS[checkpoint['system']].title} ({source(data)})"
    save(figure, out / f"reconstructions_{run.name}.png", title)


def result_of(run: Path, data: Path, results: list[Result]) -> Result:
    """Raises DataError where the run is not scored on this data."""
    wanted = key_of(RunFolder(run).load_best(), data)
    for result in results:
        if result.key == wanted:
            return result
    raise DataError(
        f"{run} has no scores on {wanted[-1]}: run python3 -m training.scores.photos {run} --data {data} first"
    )


def main(
    runs: Annotated[list[Path], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    scores: Path = Path("figures/photos/scores.json"),
    out: Path = Path("figures/photos"),
) -> None:
    """Draws finished runs of photographs.

    Args:
        runs: Run folders; those that are not finished are passed over.
        data: Folder of CIFAR-10, or of STL-10's stl10_binary, whichever the runs are of.
        scores: JSON file of the scoring step.
        out: Folder of the pictures.
    """
    with exit_in_one_line("drawing"):
        out.mkdir(parents=True, exist_ok=True)
        results = read_scores(scores, from_json) if scores.exists() else []
        for run in filter(lambda run: RunFolder(run).done, runs):
            method = RunFolder(run).load_best()["method"]
            if method in METHODS:
                draw_classifier(run, data, result_of(run, data, results), out)
            elif method == "photo_autoencoder":
                draw_reconstructions(run, data, out)


if __name__ == "__main__":
    tyro.cli(main)
