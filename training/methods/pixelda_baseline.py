"""PixelDA's classifier on the source alone: what it reads in the target unadapted.

    python3 -m training pixelda_source_only

The classifier, optimiser and weight decay are PixelDA's (training/methods/pixelda.py).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR

from models.pixelda import PixelClassifier
from training.augment.images import signed
from training.average import network_average
from training.data.digit_pairs import DigitPairs
from training.measures.accuracy import percent_right
from training.methods.base import Method, descend
from training.settings import PairSettings


@dataclass(frozen=True, kw_only=True)
class PixelDaBaselineSettings(PairSettings):
    """The recipe's numbers, each with its reason."""

    # 5,000 steps of 32 images are five passes over 32,000 digits. After them it reads 99 % of held-out ones right.
    epochs: int = 5
    steps_per_epoch: int = 1000
    batch: int = 32
    # Of Adam, constant for half of the steps, then falling to 0 along a line: as PixelDA's, for its batch.
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    # Averages over about the last 500 steps.
    average: float = 0.998


class PixelDaBaseline(Method):
    """Cross-entropy on source labels. The classifier has one look, in which it learns the source and reads the target.

    Batches are source images uint8 N x 3 x S x S, their labels, and target images, which are left alone.
    """

    name, title = "pixelda_source_only", "Source only, PixelDA's classifier"
    panels = {"loss": ("task_loss",), "percent": ("source_accuracy", "test_source_accuracy")}

    def __init__(self, settings: PixelDaBaselineSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = PixelClassifier(settings.size, looks=("target",)).to(device, memory_format=torch.channels_last)
        self.average = network_average(self.network, settings.average)
        rates = settings.learning_rate, (0.5, 0.999)
        self.optimiser = Adam(self.network.parameters(), *rates, weight_decay=settings.weight_decay)
        self.schedule = LambdaLR(self.optimiser, lambda step: min(1, 2 * (1 - step / settings.steps)))
        self.parts = {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}

    def update(self, source_images: Tensor, labels: Tensor, target_images: Tensor) -> dict[str, float]:
        with self.autocast():
            logits = self.network(signed(source_images)).float()
        loss = cross_entropy(logits, labels)
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"task_loss": loss.item(), "source_accuracy": percent_right(logits, labels)}

    def end_epoch(self, data: DigitPairs) -> None:
        self.kept = PixelClassifier(**self.network.arguments).to(self.device).eval()
        self.kept.load_state_dict(self.average.module.state_dict())

    @torch.inference_mode()
    def validate(self, data: DigitPairs) -> dict[str, float]:
        """Percent of held-out source digits that are read right."""
        logits = torch.cat([self.kept(signed(batch)) for batch in data.source_test.images.split(512)])
        return {"test_source_accuracy": percent_right(logits, data.source_test.labels)}

    def checkpoint(self) -> dict:
        return {"source": self.settings.source, "target": self.settings.target, **super().checkpoint()}
