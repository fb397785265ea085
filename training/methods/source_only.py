"""Source only: the lower bound, what a classifier of the source reads on the target.

    python3 -m training source_only_usps_mnistm

Trained on source digits and their labels and on nothing else: no loss, no batch statistic and no augmentation knows
anything of the target, whose images are not even opened.

Five minutes of one CPU core in bf16; untested on a GPU.
"""

import torch.nn.functional as F
from torch import Tensor

from training.data.labelled_domain import LabelledDomain
from training.methods.digits import VALIDATION_SEED, DigitMethod, accuracy


class SourceOnly(DigitMethod):
    """Cross-entropy on labelled images of one domain. Batches are images and labels."""

    name, title = "source_only", "source only"
    sees_target = adapts = False

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        with self.autocast():
            label_loss = F.cross_entropy(self.network(self.augmented_source(images)), labels)
        self.learn_from(label_loss)
        return {"label_loss": label_loss.item()}

    def end_epoch(self, data: LabelledDomain) -> None:
        self.seed(VALIDATION_SEED)
        self.kept = self.averaged(map(self.augmented_source, self.statistics_batches(data.training.images)))

    def validate(self, data: LabelledDomain) -> dict[str, float]:
        """Accuracy in percent on held-out images augmented as in training."""
        images = self.augmented_source(data.validation.images)
        return {"validation_accuracy": accuracy(self.kept, images, data.validation.labels)}
