"""Pictures of digit generators, from one finished run of each.

    python3 -m training.drawing.digit_generators runs/digit_gan runs/digit_gan_plain_end runs/digit_gan_conditional \\
        runs/digit_gan_label_after runs/latent_denoiser --out figures/digit_generators

For every GAN <row>_losses.png and <row>_epochs.png (the same noise over the epochs); for those that are told a
label <row>_digits.png (0 to 9) and <row>_25.png (25 of each). With a latent denoiser's run also
reconstructions.png and interpolations.png beside the GAN's. Under a minute on one core.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from PIL import Image
from torch import Tensor, nn

from inference.networks import build_network
from inference.noise import fixed_noise
from inference.picture import COLUMNS, GAP
from training.augment.digits import to_float
from training.augment.images import to_bytes
from training.data.mnist import read_labelled_grey
from training.drawing.curves import draw_panels
from training.drawing.face_pictures import draw_rows
from training.drawing.one_run import one_run_of_each
from training.errors import DataError, exit_in_one_line
from training.run_folder import RunFolder, read_metrics
from training.scores.digit_generators import GANS
from training.scores.midpoints import autoencoder_walk, gan_walk
from training.systems import SYSTEMS

SIZE = 32
SEED = 20209  # of the noise
STEPS = 9  # of a walk
WALKS = ((4, 9), (3, 8), (1, 7))  # test digits at whose latents the autoencoder's walks begin and end


def pixels(images: Tensor) -> np.ndarray:
    """uint8 N x 1 x S x S -> N x S x S x 3, as pictures are drawn."""
    return images.permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy()


def noise(count: int, size: int) -> Tensor:
    return fixed_noise(count, size, SEED)


@torch.inference_mode()
def of_each_digit(generator: nn.Module, count: int) -> np.ndarray:
    """10 x count samples, uint8 10 x count x S x S x 3; a column's noise is the same for all digits."""
    labels = torch.arange(10).repeat_interleave(count)
    samples = to_bytes(generator(noise(count, generator.noise_size).repeat(10, 1), labels))
    return pixels(samples).reshape(10, count, SIZE, SIZE, 3)


def draw_digits(generator: nn.Module, title: str, file: Path) -> None:
    """One sample of each digit, 0 to 9, in two rows of other noise."""
    samples = of_each_digit(generator, 2)
    draw_rows({"first noise": samples[:, 0], "second noise": samples[:, 1]}, f"{title}: asked for 0 to 9", file)


def draw_25(generator: nn.Module, title: str, file: Path) -> None:
    samples = of_each_digit(generator, 25)
    draw_rows(
        {str(digit): samples[digit] for digit in range(10)}, f"{title}: 25 samples of each digit, not a selection", file
    )


def draw_epochs(run: Path, conditional: bool, title: str, file: Path) -> None:
    """The first samples of the run's picture over its epochs: of a conditional generator one of each digit."""
    rows = {}
    for picture in sorted((run / "samples").glob("*.png")):
        tiles = cut(picture)
        rows[f"epoch {int(picture.stem)}"] = tiles[::COLUMNS] if conditional else tiles[:10]
    chosen = dict.fromkeys(np.linspace(0, len(rows) - 1, min(8, len(rows))).round().astype(int))
    draw_rows({label: tiles for place, (label, tiles) in enumerate(rows.items()) if place in chosen}, title, file)


def cut(picture: Path) -> np.ndarray:
    """A run's picture of samples -> its images N x S x S x 3, row by row."""
    with Image.open(picture) as image:
        framed = np.asarray(image.convert("RGB"))[GAP:, GAP:]
    side = SIZE + GAP
    tiles = framed.reshape(framed.shape[0] // side, side, COLUMNS, side, 3).swapaxes(1, 2)
    return tiles.reshape(-1, side, side, 3)[:, :SIZE, :SIZE]


@torch.inference_mode()
def draw_beside(autoencoder: nn.Module, generator: nn.Module, data: Path, out: Path) -> None:
    """Reconstructions beside samples, and walks through both latent spaces."""
    test = read_labelled_grey(data, "test", SIZE)
    firsts = torch.stack([test.images[test.labels == digit][0] for digit in range(10)])
    rebuilt = to_bytes(2 * autoencoder(to_float(firsts)) - 1)
    samples = to_bytes(generator(noise(10, generator.noise_size)))
    draw_rows(
        {"test digit": pixels(firsts), "autoencoder": pixels(rebuilt), "GAN, samples": pixels(samples)},
        "The autoencoder's answers and the GAN's samples, not a selection",
        out / "reconstructions.png",
    )
    shares = torch.linspace(0, 1, STEPS).tolist()
    rows = {}
    for pair in WALKS:
        begin, end = (firsts[[digit]] for digit in pair)
        rows["autoencoder,\n{} to {}".format(*pair)] = walk(autoencoder_walk, autoencoder, begin, end, shares)
    ends = noise(2 * len(WALKS), generator.noise_size)
    for number in range(len(WALKS)):
        rows[f"GAN, {number + 1}"] = walk(gan_walk, generator, ends[[2 * number]], ends[[2 * number + 1]], shares)
    draw_rows(rows, "From one digit to another, in equal steps through the latent space", out / "interpolations.png")


def walk(step, network: nn.Module, begin: Tensor, end: Tensor, shares: list[float]) -> np.ndarray:
    return pixels(torch.cat([step(network, begin, end, share) for share in shares]))


def draw_run(run: Path, checkpoint: dict, out: Path) -> nn.Module:
    """A GAN's own pictures; returns its generator."""
    name, title = checkpoint["system"], SYSTEMS[checkpoint["system"]].title
    conditional = checkpoint["method"] == "digit_gan_conditional"
    generator = build_network(checkpoint)
    draw_panels(read_metrics(run), out / f"{name}_losses.png", title, SYSTEMS[name].method.panels)
    draw_epochs(run, conditional, f"{title}: the same noise over the epochs", out / f"{name}_epochs.png")
    if conditional:
        draw_digits(generator, title, out / f"{name}_digits.png")
        draw_25(generator, title, out / f"{name}_25.png")
    return generator


def main(
    runs: Annotated[list[Path], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    out: Path = Path("figures/digit_generators"),
) -> None:
    """Draws finished runs of digit generators.

    Args:
        runs: Run folders, one of a row; those that are not finished are passed over.
        data: Data in the course layout.
        out: Folder of the pictures.
    """
    with exit_in_one_line("drawing"):
        checkpoints = {run: RunFolder(run).load_best() for run in runs if RunFolder(run).done}
        shown = one_run_of_each({run: stored["system"] for run, stored in checkpoints.items() if is_shown(stored)})
        denoiser = shown.pop("latent_denoiser", None)
        if not shown:
            raise DataError("no finished run of a digit GAN is given: train one, see docs/digit_generators.md")
        out.mkdir(parents=True, exist_ok=True)
        generators = {name: draw_run(run, checkpoints[run], out) for name, run in shown.items()}
        if denoiser and "digit_gan" in generators:
            draw_beside(build_network(checkpoints[denoiser]), generators["digit_gan"], data, out)


def is_shown(checkpoint: dict) -> bool:
    return checkpoint["method"] in GANS or checkpoint["system"] == "latent_denoiser"


if __name__ == "__main__":
    tyro.cli(main)
