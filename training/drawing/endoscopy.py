"""The report's figures of EndoVAE.

    python3 -m training.drawing.endoscopy runs/endovae runs/endovae_16 runs/endovae_64 --out figures/endoscopy

From the first run: curves.png, samples.png (3x3, as `python3 -m inference draw endovae` draws them) and
reconstructions.png (5 test pictures). Of all runs: numbers.png, what more than six numbers buy, beside principal
components. before_after.png shows the preparation. reconstructions.png and before_after.png show the data set's own
pictures: they are not committed.
"""

from pathlib import Path
from typing import Annotated

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
import tyro
from PIL import Image

from inference.image_folder import list_images
from inference.networks import build_network
from inference.noise import fixed_noise
from inference.picture import image_grid
from inference.pixels import to_uint8
from training.data.prepare_endoscopy import inside_of_frame, prepared, read_picture
from training.drawing.curves import draw_panels, save
from training.errors import DataError, exit_in_one_line
from training.measures.components import Components
from training.measures.image_quality import psnr
from training.methods.endo_vae import SAMPLES, EndoVae
from training.run_folder import RunFolder, read_metrics
from training.scores.command import finished_runs
from training.scores.endoscopy import Scores, evaluate, test_pictures

matplotlib.use("Agg")
SHOWN = 5
PREPARED = 6  # pictures before and after the preparation
LINEAR = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def draw_report(runs: list[Path], data: Path, out: Path) -> None:
    """Raises DataError where the first run is no finished one of EndoVAE."""
    found = finished_runs(runs, (EndoVae.name,), "EndoVAE", "docs/medical.md")
    if found[0] != runs[0]:
        raise DataError(f"{runs[0]} is no finished run of EndoVAE: give one first")
    checkpoint = RunFolder(runs[0]).load_best()
    network = build_network(checkpoint).double()
    training, test = test_pictures(data, checkpoint["settings"]["kind"])
    out.mkdir(parents=True, exist_ok=True)
    draw_panels(read_metrics(runs[0]), out / "curves.png", "EndoVAE", EndoVae.panels)
    noise = fixed_noise(SAMPLES, network.noise_size, checkpoint["seed"]).double()
    with torch.inference_mode():
        Image.fromarray(image_grid(to_uint8(network.sample(noise), 0), columns=3)).save(out / "samples.png")
    draw_reconstructions(network, training, test, out / "reconstructions.png")
    draw_numbers([evaluate(run, data) for run in found], training, test, out / "numbers.png")


@torch.inference_mode()
def draw_reconstructions(network, training: torch.Tensor, test: torch.Tensor, file: Path) -> None:
    """Test pictures, what six numbers keep of them, and what a linear code with as many numbers keeps."""
    some = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:SHOWN]]
    rows = {
        "original": some,
        "EndoVAE": network(some.double()).float(),
        "PCA": Components(training).rebuild(some, network.latent_size),
    }
    figure, axes = plt.subplots(len(rows), SHOWN, figsize=(1.5 * SHOWN + 1, 1.7 * len(rows)), layout="constrained")
    for line, (label, pictures) in zip(axes, rows.items(), strict=True):
        for place, picture, ratio in zip(line, pictures, psnr(pictures, some).tolist(), strict=True):
            place.imshow(picture.permute(1, 2, 0).numpy())
            place.set(xticks=[], yticks=[], xlabel="" if label == "original" else f"{ratio:.1f} dB")
        line[0].set_ylabel(label)
    save(figure, file, f"{SHOWN} test pictures in {network.latent_size} numbers each")


def draw_numbers(runs: list[Scores], training: torch.Tensor, test: torch.Tensor, file: Path) -> None:
    """PSNR of all test pictures over the numbers that a picture is coded in."""
    components = Components(training)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    curve = [psnr(components.rebuild(test, count), test).mean().item() for count in LINEAR]
    axes.plot(LINEAR, curve, label="principal components")
    for scores in runs:
        axes.plot(scores.numbers, scores.all.psnr, "o", label=scores.run)
    axes.set(xscale="log", xlabel="numbers a picture", ylabel="PSNR of test pictures, dB")
    axes.set_xticks([1, 2, 4, 6, 16, 64], ["1", "2", "4", "6", "16", "64"])
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save(figure, file, "What more numbers buy")


def draw_preparation(folder: Path, file: Path) -> None:
    """Pictures of a raw folder as they come, and as they are prepared: at most six, those with the widest frames."""
    pictures = [(folder / name, read_picture(folder / name)) for name in list_images(str(folder))[:200]]
    widest = sorted(pictures, key=lambda pair: framed(*pair), reverse=True)[:PREPARED]
    figure, axes = plt.subplots(2, len(widest), figsize=(1.7 * PREPARED, 3.8), layout="constrained", squeeze=False)
    for (upper, lower), (path, picture) in zip(axes.T, widest, strict=True):
        for place, shown in ((upper, picture), (lower, prepared(picture, path))):
            place.imshow(np.asarray(shown))
            place.set(xticks=[], yticks=[], xlabel=f"{shown.width}x{shown.height}")
    save(figure, file, "Before and after: black frame cropped, 96x96")


def framed(path: Path, picture: Image.Image) -> float:
    """Share of the picture that the black frame takes."""
    left, top, right, bottom = inside_of_frame(picture, path)
    return 1 - (right - left) * (bottom - top) / (picture.width * picture.height)


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    raw: Path | None = None,
    out: Path = Path("figures/endoscopy"),
) -> None:
    """The figures of EndoVAE.

    Args:
        runs: Run folders, the one whose pictures are drawn first; what is no finished run of EndoVAE is passed over.
        data: Data in the course layout.
        raw: One of Kvasir's folders; with it the picture of the preparation is drawn too.
        out: Folder to write the figures into.
    """
    with exit_in_one_line("figures"):
        draw_report(list(runs), data, out)
        if raw:
            draw_preparation(raw, out / "before_after.png")


if __name__ == "__main__":
    tyro.cli(main)
