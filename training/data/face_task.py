"""What the loop asks of the face methods: images with attributes, their batches, validation, checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from inference.picture import image_grid
from inference.pixels import to_uint8
from training.measures.collapse import check_collapse as check
from training.drawing.curves import draw_panels
from training.synthetic.faces import demo_faces
from training.data.faces import ATTRIBUTES, FaceImages, read_faces
from training.settings import RunSettings

VALIDATION_SHARE = 0.05  # of the training split: 631 faces
VALIDATION_SEED = 20202  # the same split for every run, whatever its seed
SMOKE_IMAGES = 300       # more than the VAE's principal components
FIGURE_SAMPLES = 32      # faces of the assignment's figure


@dataclass(frozen=True)
class Data:
    """What training sees, and the part of the training split that is held out."""

    training: FaceImages
    validation: FaceImages


def load(settings: RunSettings, device: torch.device) -> Data:
    """Reads the training split onto the device, and holds a part of it out."""
    faces = smoke_faces() if settings.smoke else read_faces(settings.data, "train")
    order = torch.randperm(len(faces.names), generator=Generator().manual_seed(VALIDATION_SEED))
    held_out, kept = order.tensor_split([int(VALIDATION_SHARE * len(order))])
    return Data(faces[kept].to(device), faces[held_out].to(device))


def smoke_faces() -> FaceImages:
    images, attributes = demo_faces(SMOKE_IMAGES, seed=0)
    names = [f"{row:05d}.png" for row in range(SMOKE_IMAGES)]
    return FaceImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(attributes), names)


def start(method, data: Data) -> None:
    method.start(data)


def batches(data: Data, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """An epoch of (images uint8 N x 3 x 64 x 64, attributes bool N x 13); no face comes twice before all have come."""
    generator = Generator().manual_seed(seed)
    count, total = settings.steps_per_epoch * settings.batch, len(data.training.names)
    passes = [torch.randperm(total, generator=generator) for _ in range(-(-count // total))]
    for rows in torch.cat(passes)[:count].to(data.training.images.device).split(settings.batch):
        yield data.training.images[rows], data.training.attributes[rows]


def validate(method, data: Data) -> dict[str, float]:
    """The method's own measures on held-out faces; a method that draws leaves a picture of the epoch."""
    method.end_epoch(data)
    if hasattr(method, "figure"):
        epoch = method.step // method.settings.steps_per_epoch
        save_samples(method.figure(data), Path(method.settings.out) / "samples" / f"{epoch:04d}.png")
    return method.validate(data)


def save_samples(images: Tensor, file: Path) -> None:
    """Images N x 3 x 64 x 64 in [-1, 1], N a multiple of 8, as the scripts lay out and round theirs."""
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(image_grid(to_uint8(images.cpu()))).save(file)


def checkpoint(method) -> dict:
    """What inference needs besides the settings: the averaged network, and the figure's noise."""
    network = method.kept
    extra = {"noise": figure_noise(network.noise_size, method.settings.seed)} if hasattr(network, "noise_size") else {}
    return {"arguments": network.arguments, "attributes": list(ATTRIBUTES), "state": halved(network.state_dict()), **extra}


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weight matrices and filters in half precision: half the file, and one byte in a hundred of the
    samples differs, by one grey level. Everything small stays as it is."""
    return {name: (value.half() if value.ndim > 1 else value).cpu().contiguous() for name, value in state.items()}


def figure_noise(size: int, seed: int) -> Tensor:
    """float32 32 x size from N(0, I), the same on every machine and under every release: numpy's
    PCG64 with the run's seed, the first draws, not a selection."""
    draws = np.random.Generator(np.random.PCG64(seed)).standard_normal((FIGURE_SAMPLES, size))
    return torch.from_numpy(draws).float()


def draw(method, epochs: list[dict], file: Path) -> None:
    draw_panels(epochs, file, method.name, method.panels)
