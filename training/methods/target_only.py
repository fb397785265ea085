"""Target only: the upper bound, trained with the target's own labels.

    python3 -m training target_only_svhn

The method is source only with the target as its own source. Its validation measures held-out images of
the target as they are, as the test will. No other method learns from the labels of the target's training split.
PixelDA's reader compares MNIST-M's with MNIST's, to see that the images are pairs, and keeps nothing of them.
"""

from training.augment.digits import to_float
from training.data.labelled_domain import LabelledDomain
from training.methods.digits import VALIDATION_SEED, accuracy
from training.methods.source_only import SourceOnly


class TargetOnly(SourceOnly):
    """Cross-entropy on labelled target images."""

    name, title = "target_only", "target only"

    def end_epoch(self, data: LabelledDomain) -> None:
        self.seed(VALIDATION_SEED)
        self.kept = self.averaged(map(to_float, self.statistics_batches(data.training.images)))

    def validate(self, data: LabelledDomain) -> dict[str, float]:
        """Accuracy in percent on held-out images as they are."""
        return {"validation_accuracy": accuracy(self.kept, data.validation.images, data.validation.labels)}
