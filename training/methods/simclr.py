"""SimCLR: a ResNet-18 that learns from unlabelled photographs to tell two views of one image from all others.

    python3 -m training stl10_simclr

Chen et al., "A simple framework for contrastive learning of visual representations", 2020. The features, not the
projection, are what others build on.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.resnet18 import ResNet18
from training.augment.views import view
from training.data.split import UnlabelledSplit
from training.methods.base import Method, descend, halved
from training.settings import RunSettings

MATCHED = 1000  # held-out images among which each is to be found again
VIEW_SEED = 20203  # of the views of held-out images, the same every epoch


@dataclass(frozen=True, kw_only=True)
class SimClrSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # 45 minutes of one core; SimCLR goes on to gain for hundreds.
    epochs: int = 16
    # Times 256 images: one pass over the stand-in's 19,000.
    steps_per_epoch: int = 74
    # Each image is told from 510 other views. More cost no time an image, but leave fewer steps.
    batch: int = 256
    # Side of the images. The stand-in's hold 32x32 pixels of information; ResNet-18 leaves 2x2 maps of 48x48.
    size: int = 48
    # Adam's peak in the learning rate's one cycle: batch norm bears twice its default.
    learning_rate: float = 2e-3
    # AdamW's default is for longer training.
    weight_decay: float = 1e-4
    # Between the paper's best on CIFAR-10, 0.5, and the 0.1 that it gives for ImageNet: short training gains by less.
    temperature: float = 0.3
    # Numbers of a projection; the paper's.
    projection: int = 128


class SimClr(Method):
    """Cross-entropy of finding an image's other view among all views of the batch."""

    name, title = "simclr", "SimCLR"
    panels = {"loss": ("contrastive_loss",), "percent of held-out images found again": ("validation_match",)}

    def __init__(self, settings: SimClrSettings, device: torch.device):
        super().__init__(settings, device)
        self.encoder = ResNet18(settings.size).to(device, memory_format=torch.channels_last)
        self.projector = nn.Sequential(
            nn.Linear(ResNet18.outputs, ResNet18.outputs),
            nn.BatchNorm1d(ResNet18.outputs),
            nn.ReLU(),
            nn.Linear(ResNet18.outputs, settings.projection),
        ).to(device)
        parameters = [*self.encoder.parameters(), *self.projector.parameters()]
        self.optimiser = torch.optim.AdamW(parameters, settings.learning_rate, weight_decay=settings.weight_decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, settings.learning_rate, settings.steps)
        self.parts = {name: getattr(self, name) for name in ("encoder", "projector", "optimiser", "schedule")}

    def update(self, images: Tensor) -> dict[str, float]:
        views = torch.cat([view(images, self.settings.size, self.random) for _ in range(2)])
        with self.autocast():
            projections = self.projector(self.encoder(views)).float()
        loss = contrastive_loss(projections, self.settings.temperature)
        descend(self.optimiser, loss)
        self.schedule.step()
        return {"contrastive_loss": loss.item()}

    def end_epoch(self, data: UnlabelledSplit) -> None:
        self.kept = self.encoder.eval()

    @torch.inference_mode()
    def validate(self, data: UnlabelledSplit) -> dict[str, float]:
        """Percent of held-out images whose second view is nearest to the first in features."""
        self.seed(VIEW_SEED)
        first, second = (self.features(data.validation[:MATCHED]) for _ in range(2))
        self.encoder.train()
        found = (first @ second.T).argmax(1) == torch.arange(len(first), device=first.device)
        return {"validation_match": 100 * found.float().mean().item()}

    def features(self, images: Tensor) -> Tensor:
        """Of a view of each image, of length 1."""
        views = view(images, self.settings.size, self.random)
        return F.normalize(torch.cat([self.kept(batch) for batch in views.split(250)]))

    def checkpoint(self) -> dict:
        """In half precision."""
        stored = super().checkpoint()
        return stored | {"state": halved(stored["state"])}


def contrastive_loss(projections: Tensor, temperature: float) -> Tensor:
    """2N projections, the second N of the same images as the first -> NT-Xent."""
    count = len(projections)
    unit = F.normalize(projections)
    similarity = (unit @ unit.T / temperature).fill_diagonal_(-torch.inf)
    other = torch.arange(count, device=projections.device).roll(count // 2)
    return F.cross_entropy(similarity, other)
