"""Classifier of photographs, trained from its labels alone.

    python3 -m training cifar10

A small residual network, mirrored and shifted images with a square cut out, one cycle of the learning rate.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from tyro.conf import Fixed

from models.small_resnet import SmallResNet
from training.augment.photos import augmented
from training.average import network_average, with_statistics_of
from training.data.split import LabelledSplit
from training.methods.base import descend
from training.methods.photos import PhotoClassifierMethod
from training.settings import RunSettings

STATISTICS_IMAGES = 4096  # for batch norm


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # An hour and a quarter of one core. In validation 3.1 points above 32 epochs; ResNets usually take 200.
    epochs: int = 100
    # Times 128 images: one pass over 23,750.
    steps_per_epoch: int = 186
    # The usual one of ResNets on CIFAR-10.
    batch: int = 128
    # SGD's peak: twice the usual 0.1, since it is held only for a moment (Smith & Topin, "Super-convergence", 2018).
    learning_rate: float = 0.2
    # Share of the steps in which it rises to the peak; then it falls along a cosine to 0.
    warm_up: float = 0.2
    # The usual one of ResNets on CIFAR-10.
    weight_decay: float = 5e-4
    # Of the labels (Szegedy et al., "Rethinking the Inception architecture", 2016). Its usual value.
    smoothing: float = 0.1
    # Of the first convolution: 3 makes of 96x96 pixels what 1 makes of 32x32.
    stride: Fixed[int] = 1


@dataclass(frozen=True, kw_only=True)
class Stl10Settings(ClassifierSettings):
    """STL-10's labelled images are few and large."""

    # Half of CIFAR-10's passes, and a pass is a fifth as long.
    epochs: int = 50
    # Times 128 images: one pass over 4,500.
    steps_per_epoch: int = 35
    stride: Fixed[int] = 3
    # One of STL-10's ten folds of 1,000 images, 0 to 9; without it, nine tenths of the labelled images.
    fold: int | None = None


class Classifier(PhotoClassifierMethod):
    """Cross-entropy on augmented images."""

    name, title = "classifier", "classifier"

    def __init__(self, settings: ClassifierSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = SmallResNet(stride=settings.stride).to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(
            self.network.parameters(),
            settings.learning_rate,
            momentum=0.9,
            nesterov=True,
            weight_decay=settings.weight_decay,
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=settings.warm_up, cycle_momentum=False
        )
        self.average = network_average(self.network)
        self.parts = {name: getattr(self, name) for name in ("network", "optimiser", "schedule", "average")}

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        with self.autocast():
            logits = self.network(augmented(images, self.random)).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=self.settings.smoothing)
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"label_loss": loss.item()}

    def end_epoch(self, data: LabelledSplit) -> None:
        """The averaged weights, with batch statistics of augmented training images."""
        images = data.training.images[: self.settings.for_statistics(STATISTICS_IMAGES)]
        batches = (augmented(batch, self.random) for batch in images.split(256))
        self.kept = with_statistics_of(self.average.module, batches)
