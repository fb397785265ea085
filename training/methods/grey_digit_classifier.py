"""Classifier of grey digits: the judge of the digit generators, trained on real digits alone.

    python3 -m training digit_judge

Beside it the row `digits_of_generator` trains the same network on a generator's samples alone: how
well it then reads real digits says how much of them the samples hold (Ravuri & Vinyals,
"Classification accuracy score for conditional generative models", 2019).
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from models.grey_digit_classifier import GreyDigitClassifier as Network
from training.augment.digits import to_float
from training.augment.grey_digits import warped
from training.average import with_statistics_of
from training.data.split import LabelledSplit
from training.measures.accuracy import percent_right
from training.methods.base import descend
from training.methods.one_cycle import OneCycleMethod
from training.settings import RunSettings

STATISTICS_IMAGES = 4096  # for batch norm


@dataclass(frozen=True, kw_only=True)
class GreyDigitClassifierSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # The learning rate's one cycle.
    epochs: int = 8
    # Times 64 images: about one pass over 55,000 digits.
    steps_per_epoch: int = 860
    # As for digits of the adaptation: on a CPU few images buy many steps.
    batch: int = 64
    # AdamW's peak in the cycle, and its decay, as for digits of the adaptation.
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    # Filters of the first convolution.
    width: int = 32
    # Averages the weights over about the last 500 steps.
    average: float = 0.998
    # Folder of a conditional generator's run: its samples are learned instead of real digits.
    generator: Path | None = None


class GreyDigitClassifier(OneCycleMethod):
    """Cross-entropy on labels of warped digits."""

    name, title = "grey_digit_classifier", "classifier of grey digits"
    choice = "validation_accuracy"
    panels = {"loss": ("label_loss",), "percent": ("validation_accuracy",)}

    def __init__(self, settings: GreyDigitClassifierSettings, device: torch.device):
        super().__init__(settings, device, Network(settings.width))

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        images = warped(to_float(images), self.random)
        with self.autocast():
            loss = F.cross_entropy(self.network(images).float(), labels)
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"label_loss": loss.item()}

    def end_epoch(self, data: LabelledSplit) -> None:
        batches = data.training.images[: self.settings.for_statistics(STATISTICS_IMAGES)].split(512)
        self.kept = with_statistics_of(self.average.module, map(to_float, batches))

    @torch.inference_mode()
    def validate(self, data: LabelledSplit) -> dict[str, float]:
        """Percent of held-out digits that are read right."""
        logits = torch.cat([self.kept(to_float(batch)) for batch in data.validation.images.split(512)])
        return {"validation_accuracy": percent_right(logits, data.validation.labels)}
