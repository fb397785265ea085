"""Attribute classifier: 13 yes-or-no questions a face; its features compare samples with real faces.

    python3 -m training attribute_classifier

About 12 minutes of one CPU core in bf16; untested on a GPU.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.attribute_classifier import AttributeClassifier as Network
from training.augment.images import cut_out, flipped, signed, translate
from training.data.face_split import FaceSplit
from training.data.faces import ATTRIBUTES
from training.methods.base import descend, halved
from training.methods.faces import with_statistics_of_faces
from training.methods.one_cycle import OneCycleMethod
from training.settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class AttributeClassifierSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # The learning rate's one cycle; its last quarter brought the last half percent.
    epochs: int = 20
    # Times 64 images: about one pass over the 11,990 training faces.
    steps_per_epoch: int = 187
    # As for digits: on a CPU few images buy many steps.
    batch: int = 64
    # AdamW's peak in the cycle, as for digits.
    learning_rate: float = 4e-3
    # 12,000 faces are few for 1.4 million weights.
    weight_decay: float = 1e-2
    # Filters of the first convolution.
    width: int = 24
    # Averages the weights over about the last 200 steps, an epoch.
    average: float = 0.995


class AttributeClassifier(OneCycleMethod):
    """Binary cross-entropy on each attribute."""

    name, title = "attribute_classifier", "attribute classifier"
    choice = "validation_accuracy"
    panels = {"loss": ("attribute_loss", "validation_loss"), "percent": ("validation_accuracy", "smiling_accuracy")}

    def __init__(self, settings: AttributeClassifierSettings, device: torch.device):
        super().__init__(settings, device, Network(settings.width))

    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        images = self.augmented(images)
        with self.autocast():
            loss = F.binary_cross_entropy_with_logits(self.network(images).float(), attributes.float())
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"attribute_loss": loss.item()}

    def augmented(self, images: Tensor) -> Tensor:
        """Mirrored, moved, with a square cut out; colours stay, since some attributes are colours."""
        return cut_out(translate(flipped(images, self.random), self.random), self.random)

    def end_epoch(self, data: FaceSplit) -> None:
        self.kept = with_statistics_of_faces(self.average.module, data, self.settings)

    def checkpoint(self) -> dict:
        parts = super().checkpoint()
        return {**parts, "state": halved(parts["state"]), "attributes": list(ATTRIBUTES)}

    @torch.inference_mode()
    def validate(self, data: FaceSplit) -> dict[str, float]:
        """Loss, and percent of answers that are right, over all attributes and for Smiling alone."""
        logits = torch.cat([self.kept(signed(batch)) for batch in data.validation.images.split(512)])
        correct = (logits > 0) == data.validation.attributes
        return {
            "validation_loss": F.binary_cross_entropy_with_logits(logits, data.validation.attributes.float()).item(),
            "validation_accuracy": 100 * correct.float().mean().item(),
            "smiling_accuracy": 100 * correct[:, ATTRIBUTES.index("Smiling")].float().mean().item(),
        }
