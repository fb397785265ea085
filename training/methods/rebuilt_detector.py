"""A classifier that tells real pictures from EndoVAE's reconstructions.

    python3 -m training rebuilt_detector --codec runs/endovae

An AUC near 1 says that every reconstruction is recognised, by its missing detail; 0.5 would mean that none can be told.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models.picture_classifier import PictureClassifier
from training.data.rebuilt_endoscopy import RealOrRebuilt
from training.methods.base import Method, descend
from training.settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class RebuiltDetectorSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # The EndoVAE run whose reconstructions are to be told from their originals.
    codec: Path = Path("runs/endovae")
    kind: Literal["polyp", "normal"] = "polyp"
    # Twelve passes over 400 pictures: the task is easy, so that more would change nothing.
    epochs: int = 6
    steps_per_epoch: int = 25
    batch: int = 32
    # Adam's default.
    learning_rate: float = 1e-3


class RebuiltDetector(Method):
    """Cross-entropy of real against rebuilt."""

    name, title = "rebuilt_detector", "Real or rebuilt"
    panels = {"loss": ("label_loss",), "share of validation pictures": ("validation_accuracy", "validation_auc")}

    def __init__(self, settings: RebuiltDetectorSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = PictureClassifier().to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(self.network.parameters(), settings.learning_rate)
        self.parts = {"network": self.network, "optimiser": self.optimiser}

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        self.network.train()
        with self.autocast():
            logits = self.network(images.float() / 255).float()
        loss = F.binary_cross_entropy_with_logits(logits, labels)
        descend(self.optimiser, loss)
        return {"label_loss": loss.item()}

    def end_epoch(self, data: RealOrRebuilt) -> None:
        self.kept = self.network.eval()

    def validate(self, data: RealOrRebuilt) -> dict[str, float]:
        accuracy, area = accuracy_and_auc(self.kept, data.validation_images, data.validation_labels)
        return {"validation_accuracy": accuracy, "validation_auc": area}


@torch.inference_mode()
def accuracy_and_auc(network: PictureClassifier, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Share of pictures that are told rightly, and the area under the ROC curve; labels are 0 real and 1 rebuilt."""
    from sklearn.metrics import roc_auc_score  # takes seconds: not for commands that do without

    logits = torch.cat([network(batch.float() / 255) for batch in images.split(128)])
    return ((logits > 0) == (labels > 0)).float().mean().item(), float(roc_auc_score(labels.cpu(), logits.cpu()))
