"""Autoencoder of unlabelled photographs, some of whose squares are hidden.

    python3 -m training stl10_reconstruction

What is hidden must be told from what is around it (Pathak et al., "Context encoders", 2016; He et al., "Masked
autoencoders", 2022). The share of hidden squares differs from image to image and may be none.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from models.photo_autoencoder import PhotoAutoencoder
from training.augment.images import flipped, signed
from training.average import network_average, with_statistics_of
from training.data.split import UnlabelledSplit
from training.methods.base import Method, descend
from training.settings import RunSettings

STATISTICS_IMAGES = 2048  # for batch norm
VALIDATION_IMAGES = 500
CELLS = 8  # squares along a side: as many as the code has places


@dataclass(frozen=True, kw_only=True)
class PhotoAutoencoderSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # The learning rate's one cycle.
    epochs: int = 10
    # Times 128 images: one pass over the stand-in's 19,000.
    steps_per_epoch: int = 148
    batch: int = 128
    # Adam's peak in the learning rate's one cycle; batch norm bears four times its default.
    learning_rate: float = 4e-3
    # Share of squares hidden, at most.
    hidden: float = 0.8


class PhotoAutoencoderMethod(Method):
    """Squared error of all pixels, mean over them."""

    name, title = "photo_autoencoder", "autoencoder of photographs"
    panels = {"squared error": ("mse", "validation_mse")}

    def __init__(self, settings: PhotoAutoencoderSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = PhotoAutoencoder().to(device, memory_format=torch.channels_last)
        self.average = network_average(self.network)
        self.optimiser = torch.optim.Adam(self.network.parameters(), settings.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, settings.learning_rate, settings.steps)
        self.parts = {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}

    def update(self, images: Tensor) -> dict[str, float]:
        whole = flipped(images, self.random)
        with self.autocast():
            answers = self.network(masked(whole, self.settings.hidden, self.random)).float()
        mse = F.mse_loss(answers, whole)
        descend(self.optimiser, mse)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"mse": mse.item()}

    def end_epoch(self, data: UnlabelledSplit) -> None:
        """The averaged weights, with batch statistics of whole training images."""
        images = data.training[: self.settings.for_statistics(STATISTICS_IMAGES)]
        batches = (signed(batch) for batch in images.split(128))
        self.kept = with_statistics_of(self.average.module, batches)

    @torch.inference_mode()
    def validate(self, data: UnlabelledSplit) -> dict[str, float]:
        """Squared error on whole held-out images in [-1, 1]."""
        errors = [
            (self.kept(signed(batch)) - signed(batch)).square().mean(dim=(1, 2, 3))
            for batch in data.validation[:VALIDATION_IMAGES].split(125)
        ]
        return {"validation_mse": torch.cat(errors).mean().item()}

    @torch.inference_mode()
    def picture(self, data: UnlabelledSplit) -> Tensor:
        """8 held-out images, below them their reconstructions."""
        whole = signed(data.validation[:8])
        return torch.cat([whole, self.kept(whole)])


def masked(images: Tensor, hidden: float, random: Generator) -> Tensor:
    """Float images in [-1, 1]: in each up to this share of squares becomes 0, grey."""
    share = hidden * torch.rand((len(images), 1, 1, 1), generator=random, device=images.device)
    seen = torch.rand((len(images), 1, CELLS, CELLS), generator=random, device=images.device) >= share
    return images * F.interpolate(seen.float(), images.shape[-2:])
