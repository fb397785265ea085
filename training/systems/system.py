"""What a row of the table says."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from inference.models import DRAW, PREDICT, TRANSFORM
from training.methods.base import Method
from training.settings import RunSettings

# What the scripts and `python3 -m inference` use; the attribute classifier measures faces and has no verb there.
RELEASED = {name: model.weights for models in (PREDICT, TRANSFORM, DRAW) for name, model in models.items()}
RELEASED["attribute_classifier"] = "attribute_classifier.pth"
RELEASED["segmentation_both"] = "brain.pth"  # `transform brain`, as users call it


@dataclass(frozen=True)
class System:
    """One row: what learns, from what, with which numbers."""

    name: str
    title: str
    method: type[Method]
    # A run's default numbers.
    settings: RunSettings
    # Reads the data onto a device; what it returns has `batches(settings, seed)`.
    load: Callable[[RunSettings, torch.device], object]
    # Which scorer and drawing its runs go to, and which folder of figures/.
    family: str
    # Minutes of one CPU core that has bf16.
    minutes: int

    @property
    def weights(self) -> str | None:
        """The file in weights/ that its run is released as; None where nothing predicts or draws with it."""
        return RELEASED.get(self.name)
