"""The report's figures of faces, from one finished run of each method.

    python3 -m training.drawing.faces runs/vae runs/gan runs/acgan runs/dcgan --out figures/faces

Writes what the assignment numbers: fig1_1.txt (architecture), fig1_2.png (curves), table1_3.png
(reconstructions), fig1_4.png and fig2_2.png (the scripts' faces), fig1_5.png (t-SNE), fig2_1.txt. Beside
them interpolations, nearest neighbours, the GAN over its epochs, both side by side, acgan_pairs.png, and
the plain DCGAN's faces, dcgan.png. About two minutes on one core.
"""

from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor

from inference.sampler import Sampler
from models.acgan import ConditionalDiscriminator
from models.gan import Discriminator
from training.data.faces import FaceImages, read_faces
from training.drawing.curves import draw_panels
from training.drawing.face_pictures import (
    draw_neighbours,
    draw_pairs,
    draw_reconstructions,
    draw_samples,
    draw_side_by_side,
    draw_training,
    draw_tsne,
    draw_walks_between_faces,
    draw_walks_between_samples,
)
from training.errors import DataError, exit_in_one_line
from training.methods.dcgan import Dcgan
from training.methods.gan import Gan
from training.methods.vae import Vae
from training.run_folder import RunFolder, read_metrics
from training.scores.face_samples import TITLES, UNIQUE, draw_noise, to_images

RECONSTRUCTED = 10  # as the assignment asks
WALKS = 4


def drawing_method(run: Path) -> str:
    """Raises DataError where the run is not finished or draws no faces."""
    if not RunFolder(run).done:
        raise DataError(f"{run} is not a finished run: train it first, see docs/running.md")
    method = RunFolder(run).load_best()["method"]
    if method not in TITLES:
        raise DataError(f"{run} is a run of {method}, which draws no faces: give runs of {', '.join(TITLES)}")
    return method


def find_runs(runs: list[Path]) -> dict[str, Path]:
    """{method: run} of runs that draw faces. Raises DataError where two are of one method: the report
    has one figure of each."""
    found = {}
    for run in runs:
        method = drawing_method(run)
        if method not in DRAWERS:
            raise DataError(f"{run} is a run of {method}, of which the report has no figure: give {', '.join(DRAWERS)}")
        if method in found:
            raise DataError(f"{found[method]} and {run} are both runs of {method}: give one of them")
        found[method] = run
    return found


def draw_report(runs: list[Path], data: Path, out: Path) -> None:
    """Every figure that the runs give. Raises DataError, and what reading the data raises."""
    found = find_runs(runs)
    test, training = read_faces(data, "test"), read_faces(data, "train").images
    out.mkdir(parents=True, exist_ok=True)
    generators = {method: Sampler(RunFolder(run).best.read_bytes()) for method, run in found.items()}
    for method, run in found.items():
        DRAWERS[method](generators[method], run, test, training, out)
        print(f"{TITLES[method]}: done")
    if {"vae", "gan"} <= found.keys():
        draw_side_by_side({TITLES[method]: generators[method] for method in ("vae", "gan")}, out / "vae_and_gan.png")


def draw_vae(vae: Sampler, run: Path, test: FaceImages, training: Tensor, out: Path) -> None:
    chosen = test[torch.randperm(len(test.names), generator=torch.Generator().manual_seed(0))[:RECONSTRUCTED]]
    (out / "fig1_1.txt").write_text(f"{vae.network}\n")
    draw_panels(read_metrics(run), out / "fig1_2.png", "VAE: pixels in [-1, 1]", Vae.panels)
    draw_reconstructions(vae, chosen, out / "table1_3.png")
    draw_samples(vae, out / "fig1_4.png")
    draw_tsne(vae, test, ("Male", "Smiling"), out / "fig1_5.png")
    draw_walks_between_faces(vae, chosen[torch.arange(2 * WALKS)], out / "vae_interpolations.png")
    draw_nearest(vae, training, out)


def draw_gan(gan: Sampler, run: Path, test: FaceImages, training: Tensor, out: Path) -> None:
    discriminator = Discriminator(RunFolder(run).load_best()["settings"]["discriminator_width"])
    (out / "fig2_1.txt").write_text(f"{gan.network}\n{discriminator}\n")
    draw_samples(gan, out / "fig2_2.png")
    draw_panels(read_metrics(run), out / "gan_curves.png", "GAN", Gan.panels)
    draw_training(run / "samples", "GAN: the same noise over the epochs", out / "gan_training.png")
    draw_walks_between_samples(
        gan, "GAN: samples on the way from one noise to another", out / "gan_interpolations.png", WALKS
    )
    draw_nearest(gan, training, out)


def draw_acgan(acgan: Sampler, run: Path, test: FaceImages, training: Tensor, out: Path) -> None:
    discriminator = ConditionalDiscriminator(RunFolder(run).load_best()["settings"]["discriminator_width"])
    (out / "acgan.txt").write_text(f"{acgan.network}\n{discriminator}\n")
    draw_pairs(acgan, out / "acgan_pairs.png")


def draw_dcgan(dcgan: Sampler, run: Path, test: FaceImages, training: Tensor, out: Path) -> None:
    draw_samples(dcgan, out / "dcgan.png")
    draw_panels(read_metrics(run), out / "dcgan_curves.png", "DCGAN", Dcgan.panels)


DRAWERS = {"vae": draw_vae, "gan": draw_gan, "acgan": draw_acgan, "dcgan": draw_dcgan}


def draw_nearest(generator: Sampler, training: Tensor, out: Path) -> None:
    samples = to_images(generator.images(draw_noise(UNIQUE, generator.noise.shape[1])))
    draw_neighbours(
        samples,
        training,
        f"{TITLES[generator.method]}: the least new of {UNIQUE:,} samples, distance below",
        out / f"{generator.method}_neighbours.png",
    )


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional],
    /,
    data: Path = Path("hw3_data"),
    out: Path = Path("figures/faces"),
) -> None:
    """The figures of the methods that draw faces.

    Args:
        runs: Run folders, one of each method.
        data: Data in the course layout.
        out: Folder to write the figures into.
    """
    with exit_in_one_line("figures"):
        draw_report(list(runs), data, out)


if __name__ == "__main__":
    tyro.cli(main)
