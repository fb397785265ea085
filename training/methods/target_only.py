"""Target only: the upper bound, trained with the target's own labels.

    python3 -m training target_only_svhn

The method is source only with the target as its own source. Its validation measures held-out images of
the target as they are, as the test will. No other method learns from the labels of the target's training split.
PixelDA's reader compares MNIST-M's with MNIST's, to see that the images are pairs, and keeps nothing of them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.augment.digits import Uniform, augment_weakly, cut_out, to_float
from training.data.labelled_domain import LabelledDomain
from training.methods.digits import VALIDATION_SEED, accuracy
from training.methods.source_only import SourceOnly
from training.settings import DigitSettings


@dataclass(frozen=True, kw_only=True)
class TargetOnlySettings(DigitSettings):
    """The recipe's numbers, each with its reason."""

    # Of a batch, distorted as for the other methods: few images are learnt by heart without. The rest look as the
    # test's images do. Chosen on held-out images of each target (docs/adaptation.md).
    strong_share: float = 0.5


class TargetOnly(SourceOnly):
    """Cross-entropy on labelled target images."""

    name, title = "target_only", "target only"

    def augmented_source(self, images: Tensor) -> Tensor:
        """A share of the images distorted strongly, the others a little and with a square cut out."""
        uniform = Uniform(len(images), self.random)
        strongly = super().augmented_source(images)
        little = cut_out(augment_weakly(images, self.settings.source, self.random), uniform)
        return torch.where(uniform.chance(self.settings.strong_share), strongly, little)

    def end_epoch(self, data: LabelledDomain) -> None:
        self.seed(VALIDATION_SEED)
        self.kept = self.averaged(map(to_float, self.statistics_batches(data.training.images)))

    def validate(self, data: LabelledDomain) -> dict[str, float]:
        """Accuracy in percent on held-out images as they are."""
        return {"validation_accuracy": accuracy(self.kept, data.validation.images, data.validation.labels)}
