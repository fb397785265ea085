"""Pictures of autoencoders: test digits, what each network was given, and its answer.

    python3 -m training.drawing.autoencoders runs/linear_autoencoder runs/conv_autoencoder runs/linear_denoiser \\
        runs/conv_denoiser runs/latent_denoiser runs/latent_restorer --out figures/autoencoders

Writes reconstruct.png, denoise_0.5.png and so on, one for each task and noise among the runs, and
curves.png. Seconds on one core.
"""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import torch
import tyro
from torch import Tensor

from inference.networks import build_network
from training.augment.digits import to_float
from training.data.mnist import read_labelled_grey
from training.drawing.curves import save
from training.drawing.face_pictures import draw_rows
from training.drawing.one_run import one_run_of_each
from training.errors import exit_in_one_line
from training.run_folder import RunFolder, read_metrics
from training.scores.autoencoders import answers, autoencoder_runs, given
from training.systems import SYSTEMS


def pixels(images: Tensor) -> np.ndarray:
    """Float N x 1 x S x S in [0, 1] -> uint8 N x S x S x 3, as pictures are drawn."""
    return images.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy()


def one_of_each(data: Path, size: int) -> Tensor:
    """The first test image of every digit, 0 to 9, in [0, 1]."""
    test = read_labelled_grey(data, "test", size)
    return to_float(torch.stack([test.images[test.labels == digit][0] for digit in range(10)]))


def draw_task(runs: list[Path], size: int, noise: float | None, data: Path, file: Path) -> None:
    """A row of originals, of what was given if it is noisy, and of each run's answers."""
    clean = one_of_each(data, size)
    seen = given(clean, noise)
    rows = {"original": clean} | ({} if noise is None else {f"noise {noise:g}": seen})
    for run in runs:
        checkpoint = RunFolder(run).load_best()
        title = SYSTEMS[checkpoint["system"]].title.replace(" ", "\n", 1)
        rows[title] = answers(build_network(checkpoint).transform, seen)
    task = "Reconstruction" if noise is None else f"Denoising, standard deviation {noise:g}"
    draw_rows(
        {label: pixels(images) for label, images in rows.items()}, f"{task}: the first test image of every digit", file
    )


def draw_curves(runs: list[Path], file: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for run in runs:
        epochs = read_metrics(run)
        title = SYSTEMS[RunFolder(run).load_best()["system"]].title
        done = [epoch["epoch"] / len(epochs) for epoch in epochs]
        axes.plot(done, [epoch["validation_psnr"] for epoch in epochs], label=title)
    axes.set(xlabel="share of the training", ylabel="PSNR on held-out digits, dB")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save(figure, file, "Autoencoders over their training")


def by_task(runs: list[Path]) -> dict[tuple[int, float | None], list[Path]]:
    """By the images' size and the noise, None of a reconstruction. Raises DataError where two runs of a task are of one
    row."""
    tasks = defaultdict(dict)
    for run in runs:
        checkpoint = RunFolder(run).load_best()
        settings = checkpoint["settings"]
        noise = settings["noise"] if settings["task"] == "denoise" else None
        tasks[32 if settings["network"] == "latent" else 28, noise][run] = checkpoint["system"]
    return {task: list(one_run_of_each(systems).values()) for task, systems in tasks.items()}


def main(
    runs: Annotated[list[Path], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    out: Path = Path("figures/autoencoders"),
) -> None:
    """Draws finished runs of autoencoders.

    Args:
        runs: Run folders; those that are not finished, or no autoencoder's, are passed over.
        data: Data in the course layout.
        out: Folder of the pictures.
    """
    with exit_in_one_line("drawing"):
        runs = autoencoder_runs(runs)
        tasks = by_task(runs)
        out.mkdir(parents=True, exist_ok=True)
        for (size, noise), of_task in tasks.items():
            name = "reconstruct" if noise is None else f"denoise_{noise:g}"
            draw_task(of_task, size, noise, data, out / f"{name}.png")
        draw_curves(runs, out / "curves.png")


if __name__ == "__main__":
    tyro.cli(main)
