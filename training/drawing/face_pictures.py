"""The report's figures of faces, each a function from a run's network to a picture file."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from PIL import Image
from sklearn.manifold import TSNE
from torch import Tensor

from inference.picture import COLUMNS, GAP, image_grid
from inference.pixels import to_uint8
from inference.sampler import Sampler
from training.augment.images import signed
from training.data.faces import ATTRIBUTES, SIZE, FaceImages
from training.drawing.curves import save
from training.measures.face_neighbours import nearest
from training.scores.latent_walks import great_circle

matplotlib.use("Agg")

BINARY_COLOURS = ("tab:blue", "tab:orange")


def pictures(images: Tensor) -> np.ndarray:
    """uint8 N x 3 x H x W -> N x H x W x 3, as pictures are drawn."""
    return images.permute(0, 2, 3, 1).numpy()


def draw_samples(generator: Sampler, file: Path) -> None:
    """The 32 faces that the script writes, pixel by pixel the same."""
    Image.fromarray(image_grid(to_uint8(generator.images(generator.noise)))).save(file)


def draw_rows(
    rows: dict[str, np.ndarray],
    title: str,
    file: Path,
    captions: dict[str, list[str]] | None = None,
    width: float = 0.95,
) -> None:
    """A row of faces, uint8 N x 64 x 64 x 3, for each {label}; captions stand below the faces of their row, which
    take `width` inches each."""
    columns = max(map(len, rows.values()))
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(width * columns + 1.4, 1.08 * len(rows) + 0.5), layout="constrained", squeeze=False
    )
    for line, (label, faces) in zip(axes, rows.items(), strict=True):
        for column, place in enumerate(line):
            draw_face(place, faces[column], (captions or {}).get(label, [""] * columns)[column])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    save(figure, file, title)


def draw_face(axes: Axes, face: np.ndarray, caption: str) -> None:
    axes.imshow(face)
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel(caption, fontsize=8)
    axes.spines[:].set_visible(False)


@torch.inference_mode()
def draw_reconstructions(generator: Sampler, faces: FaceImages, file: Path) -> None:
    """Test faces, their reconstructions from the mean, and the squared error of each, in [-1, 1]."""
    images = signed(faces.images).double()
    rebuilt = generator.network(images)
    errors = (rebuilt - images).square().mean(dim=(1, 2, 3))
    draw_rows(
        {"test face": pictures(faces.images), "reconstruction": to_uint8(rebuilt)},
        f"{len(faces.names)} random test faces: MSE of pixels in [-1, 1] below each, {errors.mean():.4f} on average",
        file,
        {
            "reconstruction": [f"{error:.4f}" for error in errors],
            "test face": [Path(name).stem for name in faces.names],
        },
    )


@torch.inference_mode()
def draw_tsne(generator: Sampler, faces: FaceImages, attributes: tuple[str, ...], file: Path) -> None:
    """t-SNE (van der Maaten & Hinton, 2008) of the means of test latents, a panel an attribute."""
    latents = generator.network.encode(signed(faces.images).double())[0]
    points = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(latents.numpy())
    figure, panels = plt.subplots(1, len(attributes), figsize=(6 * len(attributes), 5.6), layout="constrained")
    for axes, attribute in zip(panels, attributes, strict=True):
        having = faces.attributes[:, ATTRIBUTES.index(attribute)].numpy()
        for group, name in enumerate((f"not {attribute}", attribute)):
            axes.scatter(*points[having == group].T, s=6, color=BINARY_COLOURS[group], label=name, linewidths=0)
        axes.set(title=attribute, xticks=[], yticks=[])
        axes.legend(markerscale=3)
    save(figure, file, f"t-SNE of {len(faces.names):,} test latents")


def draw_training(samples: Path, title: str, file: Path, rows: int = 8) -> None:
    """The first faces of the same noise over a run's epochs, closer together at the start."""
    epochs = {int(picture.stem): picture for picture in sorted(samples.glob("*.png"))}
    chosen = sorted(epochs)[:1] + [
        min(epochs, key=lambda epoch: abs(epoch - wanted)) for wanted in np.geomspace(1, max(epochs), rows)[1:]
    ]
    draw_rows({f"epoch {epoch}": first_row(epochs[epoch]) for epoch in dict.fromkeys(chosen)}, title, file)


def first_row(picture: Path) -> np.ndarray:
    """The first eight faces of a run's picture of samples."""
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))
    lefts = GAP + (SIZE + GAP) * np.arange(COLUMNS)
    return np.stack([pixels[GAP : GAP + SIZE, left : left + SIZE] for left in lefts])


@torch.inference_mode()
def draw_walks_between_faces(generator: Sampler, faces: FaceImages, file: Path, steps: int = 9) -> None:
    """Straight lines between the latents of test faces, first to second, third to fourth and so on."""
    means = generator.network.encode(signed(faces.images).double())[0]
    weights = torch.linspace(0, 1, steps, dtype=torch.double)[:, None]
    rows = {}
    for row, (begin, end) in enumerate(zip(means[::2], means[1::2], strict=True)):
        walk = to_uint8(generator.network.decode((1 - weights) * begin + weights * end))
        rows[str(row + 1)] = np.concatenate(
            [pictures(faces.images[[2 * row]]), walk, pictures(faces.images[[2 * row + 1]])]
        )
    draw_rows(rows, "VAE: test faces at both ends, between them decoded latents on a straight line", file)


def draw_walks_between_samples(generator: Sampler, title: str, file: Path, rows: int = 4, steps: int = 11) -> None:
    """Great circles between the figure's noises, first to second, third to fourth and so on."""
    begins, ends = generator.noise[: 2 * rows : 2].split(1), generator.noise[1 : 2 * rows : 2].split(1)
    shares = torch.linspace(0, 1, steps, dtype=torch.double)[:, None]
    walks = [great_circle(begin, end, shares) for begin, end in zip(begins, ends, strict=True)]
    draw_rows({str(row + 1): to_uint8(generator.images(walk)) for row, walk in enumerate(walks)}, title, file)


def draw_side_by_side(generators: dict[str, Sampler], file: Path) -> None:
    """The figure's faces of each {title: generator}."""
    figure, panels = plt.subplots(1, len(generators), figsize=(6 * len(generators), 3.6), layout="constrained")
    for axes, (title, generator) in zip(panels, generators.items(), strict=True):
        axes.imshow(image_grid(to_uint8(generator.images(generator.noise))))
        axes.set_title(title)
        axes.axis("off")
    save(figure, file, "The first 32 samples of each, not a selection")


def draw_neighbours(samples: Tensor, training: Tensor, title: str, file: Path, count: int = 10) -> None:
    """The samples that come nearest to another one, and those nearest to a training face: the worst cases.

    Samples and training faces are uint8 N x 3 x 64 x 64; below each pair its distance.
    """
    rows, captions = {}, {}
    for name, others in (("another one", None), ("a training face", training)):
        distances, found = nearest(samples, others)
        worst = (distances if others is not None else each_pair_once(distances, found)).argsort()[:count]
        rows |= {
            f"sample nearest to\n{name}": pictures(samples[worst]),
            name: pictures((samples if others is None else others)[found[worst]]),
        }
        captions[name] = [f"{distance:.3f}" for distance in distances[worst]]
    draw_rows(rows, title, file, captions)


def each_pair_once(distances: Tensor, found: Tensor) -> Tensor:
    """The distances, without the second of two that are each other's nearest."""
    rows = torch.arange(len(found))
    return distances.masked_fill((found[found] == rows) & (found < rows), torch.inf)


def draw_pairs(generator: Sampler, file: Path, count: int = 10) -> None:
    """ACGAN's first noises, each with the attribute off and on."""
    noise = generator.noise[:count]
    rows = {
        label: to_uint8(generator.images(noise, torch.full((count,), asked)))
        for label, asked in (("not smiling", 0.0), ("smiling", 1.0))
    }
    draw_rows(rows, "ACGAN: the same noise without and with Smiling", file)
