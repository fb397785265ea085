"""Classifier of photographs on an encoder that learned from images alone.

    python3 -m training stl10_resnet18 --encoder-run runs/stl10_simclr
    python3 -m training stl10_autoencoder --encoder-run runs/stl10_reconstruction

The encoder stays as it is, or learns along, or is left random: what the images alone taught it is the difference.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from tyro.conf import Fixed

from models.encoder_classifier import EncoderClassifier
from models.resnet18 import IMAGENET
from training.augment.photos import moved
from training.average import network_average, with_statistics_of
from training.data.imagenet_weights import read_imagenet_weights
from training.data.split import LabelledSplit
from training.methods.base import descend, halved
from training.methods.photos import PhotoClassifierMethod
from training.run_folder import RunFolder, finished_run
from training.settings import RunSettings

SOURCE_ROWS = {"resnet18": "stl10_simclr", "autoencoder": "stl10_reconstruction"}
STATISTICS_IMAGES = 2048  # for the batch norm of a random encoder


@dataclass(frozen=True, kw_only=True)
class EncoderClassifierSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    encoder: Fixed[Literal["resnet18", "autoencoder"]]
    # "imagenet" is ResNet-18's alone.
    weights: Fixed[Literal["frozen", "trained", "random", "imagenet"]]
    # Folder of the run that the encoder comes from.
    encoder_run: Path | None = None
    # torchvision's resnet18-f37072fd.pth; without it, the copy in torch's cache.
    imagenet_file: Path | None = None
    # One of STL-10's ten folds of 1,000 images, 0 to 9; without it, nine tenths of the labelled images.
    fold: int | None = None

    epochs: int = 20
    # Times 128 images: one pass over 4,500.
    steps_per_epoch: int = 35
    batch: int = 128
    # AdamW's peak of the head, and of the encoder where it learns along: three times its default, since batch norm
    # bears it, and its default.
    learning_rate: float = 3e-3
    encoder_rate: float = 1e-3


class EncoderClassifierMethod(PhotoClassifierMethod):
    """Cross-entropy on mirrored and shifted images."""

    name, title = "encoder_classifier", "classifier on an encoder"

    def __init__(self, settings: EncoderClassifierSettings, device: torch.device):
        super().__init__(settings, device)
        network = EncoderClassifier(settings.encoder, encoder_arguments(settings))
        self.network = network.to(device, memory_format=torch.channels_last)
        self.network.encoder.requires_grad_(settings.weights == "trained")
        self.average = network_average(self.network)
        rates = {self.network.head: settings.learning_rate, self.network.encoder: settings.encoder_rate}
        self.optimiser = torch.optim.AdamW([{"params": part.parameters(), "lr": rate} for part, rate in rates.items()])
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, list(rates.values()), settings.steps)
        self.parts = {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}

    def start(self, data: LabelledSplit) -> None:
        """Sets the encoder's weights. Raises RunError where the run that they come from is not given or another row's,
        DataError where ImageNet's are not there. A smoke run's are random."""
        if self.settings.weights == "random" or self.settings.smoke:
            images = data.training.images[: self.settings.for_statistics(STATISTICS_IMAGES)].split(128)
            encoder = with_statistics_of(self.network.encoder, (moved(batch, self.random) for batch in images))
            state = encoder.state_dict()
        elif self.settings.weights == "imagenet":
            state = read_imagenet_weights(self.settings.imagenet_file)
        else:
            state = self.state_of_run()
        for network in (self.network, self.average.module):
            network.encoder.load_state_dict(state)

    def state_of_run(self) -> dict[str, Tensor]:
        """The encoder's part of the run's network, of which ResNet-18 is the whole."""
        run = RunFolder(self.settings.encoder_run)
        self.started_from = run.origin()
        state = run.load_best()["state"]
        if self.settings.encoder == "resnet18":
            return state
        return {name.removeprefix("encoder."): value for name, value in state.items() if name.startswith("encoder.")}

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        self.network.encoder.train(self.settings.weights == "trained")  # a frozen one keeps its batch statistics, too
        with self.autocast():
            loss = F.cross_entropy(self.network(moved(images, self.random)).float(), labels)
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"label_loss": loss.item()}

    def end_epoch(self, data: LabelledSplit) -> None:
        self.kept = self.average.module.eval()

    def checkpoint(self) -> dict:
        """In half precision."""
        stored = super().checkpoint()
        return stored | {"state": halved(stored["state"])}


def encoder_arguments(settings: EncoderClassifierSettings) -> dict:
    """Those of the run that the encoder comes from. Raises RunError where it is not given, or is another row's."""
    if settings.weights == "imagenet":
        return {"size": 96} | IMAGENET
    if settings.weights == "random" or settings.smoke:
        return {}
    return finished_run(settings.encoder_run, "--encoder-run", SOURCE_ROWS[settings.encoder])["arguments"]
