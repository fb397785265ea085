"""Segmentation: the tumour's mask from a slice of a brain scan.

    python3 -m training segmentation_both

Dice loss (Milletari et al., "V-Net", 2016, with squares in the denominator), binary cross-entropy, or their sum.
Validation slices are of patients that training never sees.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models.segmenter import Segmenter
from training.augment.slices import augmented
from training.average import network_average, with_statistics_of
from training.data.brain import BrainSplit, Slices
from training.measures.overlap import dice, iou
from training.methods.base import Method, descend
from training.settings import RunSettings

SMALL = 1e-6  # the assignment's ε
STATISTICS_IMAGES = 512  # for batch norm: 19 million pixels
LOSSES = {"dice": "Dice loss", "bce": "cross-entropy", "both": "Dice loss and cross-entropy"}


@dataclass(frozen=True, kw_only=True)
class SegmentationSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # An epoch has 1,600 slices: about two passes over the 832 training slices of fold 0.
    epochs: int = 40
    steps_per_epoch: int = 100
    # Few slices buy many steps, and batch norm still sees 600,000 pixels.
    batch: int = 16
    # Which part of the patients is held out for the test, 0 to 4: training/data/brain.py.
    fold: int = 0
    # The assignment's Dice loss, binary cross-entropy, or their sum.
    loss: Literal["dice", "bce", "both"] = "both"
    # AdamW's peak: three times its default, since batch norm bears it after a warm-up.
    learning_rate: float = 3e-3
    # Share of the steps in which it rises to the peak; then it falls along a cosine to 0.
    warm_up: float = 0.1
    # AdamW's default.
    weight_decay: float = 1e-2
    # Of the network's levels: 495,233 parameters, below the assignment's 500,000.
    channels: tuple[int, ...] = (16, 32, 48, 64, 96)


class Segmentation(Method):
    """Overlap with the experts' mask, cross-entropy of its pixels, or both."""

    name, title = "segmentation", "Segmentation"
    panels = {
        "loss": ("dice_loss", "bce_loss"),
        "Dice and IoU of validation slices": ("validation_dice", "validation_iou"),
    }

    def __init__(self, settings: SegmentationSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = Segmenter(settings.channels).to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        warm_up = settings.warm_up if settings.warm_up * settings.steps > 1 else 0.4  # it must last a step or two
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=warm_up
        )
        self.average = network_average(self.network)
        self.parts = {name: getattr(self, name) for name in ("network", "optimiser", "schedule", "average")}

    def update(self, images: Tensor, masks: Tensor) -> dict[str, float]:
        images, masks = augmented(images, masks, self.random)
        with self.autocast():
            logits = self.network(images).float()
        dice_term = dice_loss(logits.sigmoid(), masks)
        bce_term = F.binary_cross_entropy_with_logits(logits, masks)
        descend(self.optimiser, {"dice": dice_term, "bce": bce_term, "both": dice_term + bce_term}[self.settings.loss])
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"dice_loss": dice_term.item(), "bce_loss": bce_term.item()}

    def end_epoch(self, data: BrainSplit) -> None:
        """The averaged weights, with batch statistics of augmented training slices."""
        count = self.settings.for_statistics(STATISTICS_IMAGES)
        rows = torch.randint(len(data.training.names), (count,), generator=self.random, device=self.device)
        batches = (
            augmented(data.training.images[part], data.training.masks[part], self.random)[0] for part in rows.split(64)
        )
        self.kept = with_statistics_of(self.average.module, batches)

    def validate(self, data: BrainSplit) -> dict[str, float]:
        """Means over the validation patients' slices, from one view of each: six would take as long as the training."""
        masks = one_view(self.kept, data.validation)
        return {
            "validation_dice": dice(masks, data.validation.masks).mean().item(),
            "validation_iou": iou(masks, data.validation.masks).mean().item(),
        }


def dice_loss(probabilities: Tensor, masks: Tensor) -> Tensor:
    """1 - (2 Σpt + ε) / (Σp² + Σt² + ε) of a slice, mean over slices: a small tumour weighs as much as a large one."""
    overlap = (probabilities * masks).sum((1, 2, 3))
    size = probabilities.square().sum((1, 2, 3)) + masks.square().sum((1, 2, 3))
    return (1 - (2 * overlap + SMALL) / (size + SMALL)).mean()


@torch.inference_mode()
def predicted(network: Segmenter, slices: Slices) -> Tensor:
    """The network's masks, bool N x 1 x H x W."""
    return torch.cat([network.transform(batch.float() / 255) > 0 for batch in slices.images.split(16)])


@torch.inference_mode()
def one_view(network: Segmenter, slices: Slices) -> Tensor:
    """Where the tumour is likelier than not, bool N x 1 x H x W."""
    return torch.cat([network(batch.float() / 255) > 0 for batch in slices.images.split(16)])
