"""Real endoscopy pictures and their reconstructions, for the classifier that tells them apart.

Training pictures and what an EndoVAE run makes of them; held-out pictures likewise. The test split's are read by the
scoring step alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from inference.networks import build_network
from models.endo_vae import EndoVae
from training.data.endoscopy import load_endoscopy
from training.errors import RunError
from training.run_folder import RunFolder
from training.settings import RunSettings

EACH = 200  # real and rebuilt training pictures, as the assignment asks


@dataclass(frozen=True)
class RealOrRebuilt:
    """images: uint8 N x 3 x 96 x 96; labels: N, 0 real and 1 rebuilt; and the held-out ones."""

    images: Tensor
    labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch of (images uint8 N x 3 x 96 x 96, labels float N)."""
        random = Generator().manual_seed(seed)
        rows = torch.randint(len(self.labels), (settings.steps_per_epoch, settings.batch), generator=random)
        for batch in rows.to(self.images.device):
            yield self.images[batch], self.labels[batch]


def load_real_or_rebuilt(settings, device: torch.device) -> RealOrRebuilt:
    """Raises RunError where the EndoVAE run is none, or not finished."""
    network = EndoVae() if settings.smoke else finished(settings.codec)
    data = load_endoscopy(settings, torch.device("cpu"))
    training, validation = (
        real_and_rebuilt(network, images) for images in (data.training.images[:EACH], data.validation.images)
    )
    return RealOrRebuilt(*(part.to(device) for part in (*training, *validation)))


def finished(run: Path) -> EndoVae:
    """Raises RunError where the run is not finished, or draws no endoscopy."""
    if not RunFolder(run).done:
        raise RunError(f"--codec {run} is not a finished run of endovae: train it first")
    checkpoint = RunFolder(run).load_best()
    if checkpoint["network"] != EndoVae.__name__:
        raise RunError(f"--codec {run} is a run of {checkpoint['system']}: give one of endovae")
    return build_network(checkpoint)


@torch.inference_mode()
def real_and_rebuilt(network: EndoVae, images: Tensor) -> tuple[Tensor, Tensor]:
    """uint8 N x 3 x 96 x 96 -> 2N pictures and their labels; the rebuilt are rounded to grey levels as files are."""
    rebuilt = (255 * network.transform(images.float() / 255)).round().byte()
    return torch.cat([images, rebuilt]), torch.cat([torch.zeros(len(images)), torch.ones(len(images))])
