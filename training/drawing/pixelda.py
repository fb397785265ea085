"""Pictures of PixelDA: pairs, results, what the noise does, and what its parts are for.

    python3 -m training.drawing.pixelda runs/pixelda* --scores figures/pixelda/scores.json --out figures/pixelda

pairs.png needs data alone. For a finished and scored run of the row pixelda: results.png (five held-out digits:
original, generated, real partner, each with its label and what the classifier reads), noises.png, epochs.png and
curves.png; for the rows of 1,200 steps ablations.png. Under a minute on one core.
"""

from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import torch
import tyro
from torch import Tensor

from inference.networks import build_network
from inference.noise import fixed_noise
from models.pixelda import PixelDa
from training.augment.images import signed, to_bytes
from training.data.digits import LabelledImages
from training.drawing.curves import draw_panel, save
from training.drawing.digit_generators import cut
from training.drawing.face_pictures import draw_rows, pictures
from training.drawing.one_run import one_run_of_each
from training.errors import DataError, exit_in_one_line
from training.run_folder import RunFolder, read_metrics
from training.scores.command import read_scores
from training.scores.pixelda import generate, read, read_parts
from training.scores.pixelda_table import Results, Scores
from training.systems import SYSTEMS

SEED = 20167  # of the noise
SHOWN = 10  # digits in a row
EPOCHS = 8


def draw_pairs(parts: dict[str, LabelledImages], file: Path) -> None:
    """Five held-out pairs."""
    rows = {"MNIST": parts["source_test"], "MNIST-M": parts["target_test"]}
    captions = {name: [f"label {label}" for label in part.labels[:5]] for name, part in rows.items()}
    images = {name: pictures(part.images[:5]) for name, part in rows.items()}
    draw_rows(images, "Five pairs: the same digit in both domains", file, captions)


@torch.inference_mode()
def draw_results(network: PixelDa, parts: dict[str, LabelledImages], file: Path) -> None:
    """The first five held-out digits, a row each."""
    source, partner = parts["source_test"].images[:5], parts["target_test"].images[:5]
    generated = generate(network, source, SEED)
    labels = parts["source_test"].labels[:5]
    looks = {"original": ("source", source), "generated": ("target", generated), "real": ("target", partner)}
    columns = [pictures(images) for _, images in looks.values()]
    readings = [read(network.classifier, images, look) for look, images in looks.values()]
    captions = [
        [f"{name}: {label}, read {reading[row]}" for name, reading in zip(looks, readings, strict=True)]
        for row, label in enumerate(labels)
    ]
    rows = {f"digit {row + 1}": np.stack([column[row] for column in columns]) for row in range(5)}
    title = "Held-out digits, not a selection: label and prediction"
    draw_rows(rows, title, file, dict(zip(rows, captions, strict=True)), width=1.4)


@torch.inference_mode()
def draw_noises(network: PixelDa, source: Tensor, file: Path) -> None:
    """Three digits under ten noises, the same for all three."""
    noise = fixed_noise(SHOWN, network.noise_size, SEED, "uniform")
    rows = {}
    for number, image in enumerate(source[:3]):
        drawn = to_bytes(network.transform(signed(image.expand(SHOWN, -1, -1, -1)), noise))
        rows[f"digit {number + 1}"] = pictures(torch.cat([image[None], drawn]))
    draw_rows(rows, "A digit, and what the generator makes of it with ten noises", file)


def draw_epochs(run: Path, source: Tensor, file: Path) -> None:
    """The first ten held-out digits, each under one noise, over the epochs."""
    files = sorted((run / "samples").glob("*.png"))
    chosen = dict.fromkeys(np.linspace(0, len(files) - 1, min(EPOCHS, len(files))).round().astype(int))
    rows = {"original": pictures(source[:SHOWN])}
    rows |= {f"epoch {int(files[place].stem)}": cut(files[place])[::8] for place in chosen}
    draw_rows(rows, "The generator over the epochs", file)


def draw_curves(metrics: list[dict], scores: Scores, file: Path) -> None:
    """Losses and accuracies on both parts of both domains; the target's were scored when training was over."""
    target = [
        epoch | {"target_accuracy": train, "test_target_accuracy": test}
        for epoch, train, test in zip(metrics, scores.epochs["target_train"], scores.epochs["target_test"], strict=True)
    ]
    panels = {
        "loss": [f"{part}{name}_loss" for name in ("domain", "generator", "task") for part in ("", "test_")],
        "percent": [
            *("source_accuracy", "test_source_accuracy", "transferred_accuracy", "validation_accuracy"),
            *("target_accuracy", "test_target_accuracy"),
        ],
    }
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for plot, (label, names) in zip(axes, panels.items(), strict=True):
        draw_panel(plot, target, label, names)
    save(figure, file, f"{SYSTEMS[scores.system].title}, seed {scores.seed}")


def draw_ablations(networks: dict[str, PixelDa], source: Tensor, file: Path) -> None:
    """The same digits and noises by every generator of a short run."""
    rows = {"original": pictures(source[:SHOWN])}
    for system, network in networks.items():
        title = SYSTEMS[system].title.removeprefix("PixelDA, 1,200 steps").removeprefix(", ") or "PixelDA"
        rows[title] = pictures(generate(network, source[:SHOWN], SEED))
    draw_rows(rows, "What its parts are for, after 1,200 steps", file)


def draw_run(run: Path, network: PixelDa, parts: dict[str, LabelledImages], scores: Path, out: Path) -> None:
    """The pictures of the row pixelda."""
    source = parts["source_test"].images
    draw_results(network, parts, out / "results.png")
    draw_noises(network, source, out / "noises.png")
    draw_epochs(run, source, out / "epochs.png")
    draw_curves(read_metrics(run), scores_of(RunFolder(run).load_best(), scores), out / "curves.png")


def scores_of(checkpoint: dict, file: Path) -> Scores:
    """Raises DataError where the run has not been scored."""
    for row in read_scores(file, Results.from_json).runs if file.exists() else []:
        if (row.system, row.seed) == (checkpoint["system"], checkpoint["seed"]):
            return row
    raise DataError(f"{file} has no scores of {checkpoint['system']}: run training.scores.pixelda first")


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional] = (),
    /,
    data: Path = Path("hw3_data"),
    scores: Path = Path("figures/pixelda/scores.json"),
    out: Path = Path("figures/pixelda"),
) -> None:
    """Draws finished runs of PixelDA, of seed 0.

    Args:
        runs: Run folders; those that are not finished are passed over, and without any the pairs alone are drawn.
        data: Data in the course layout.
        scores: What training.scores.pixelda wrote: the accuracies of the curves.
        out: Folder of the pictures.
    """
    with exit_in_one_line("drawing"), torch.inference_mode():
        stored = {run: RunFolder(run).load_best() for run in runs if RunFolder(run).done}
        found = one_run_of_each(
            {run: part["system"] for run, part in stored.items() if part["method"] == "pixelda" and not part["seed"]}
        )
        networks = {name: build_network(stored[found[name]]) for name in SYSTEMS if name in found}
        parts = read_parts(data)
        out.mkdir(parents=True, exist_ok=True)
        draw_pairs(parts, out / "pairs.png")
        if "pixelda" in networks:
            draw_run(found["pixelda"], networks.pop("pixelda"), parts, scores, out)
        if networks:
            draw_ablations(networks, parts["source_test"].images, out / "ablations.png")


if __name__ == "__main__":
    tyro.cli(main)
