"""What the classifiers of photographs share: which epoch is kept, and how it is validated."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.augment.images import signed
from training.data.split import LabelledSplit
from training.measures.accuracy import percent_right
from training.methods.base import Method


class PhotoClassifierMethod(Method):
    """A way of training a network that tells what photographs show.

    Batches are images uint8 N x 3 x S x S and labels int64 N, on the method's device.
    """

    choice = "validation_accuracy"
    keeps_epochs = True
    panels = {"loss": ("label_loss", "validation_loss"), "percent": ("validation_accuracy",)}

    def validate(self, data: LabelledSplit) -> dict[str, float]:
        """Percent right of the held-out images, and their cross-entropy."""
        logits, labels = logits_of(self.kept, data.validation.images), data.validation.labels
        return {
            "validation_accuracy": percent_right(logits, labels),
            "validation_loss": F.cross_entropy(logits, labels).item(),
        }


@torch.inference_mode()
def logits_of(network: nn.Module, images: Tensor) -> Tensor:
    """uint8 images N x 3 x S x S -> logits N x 10."""
    return torch.cat([network(signed(batch)) for batch in images.split(250)])
