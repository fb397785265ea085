"""Source only: the lower bound that adaptation has to beat.

    python3 -m training.methods.source_only --source usps --target mnistm --data hw3_data --out runs/source_only_usps_mnistm

The network is trained on augmented source digits and never adapts: no loss sees the target and its
batch statistics are the source's. Augmentation is DANN's, composing over the target's
unlabelled photos included, so that the difference between the two is DANN's alone.

Seven minutes of one CPU core with --bf16; untested on a GPU. Test accuracy of seed 0: USPS → MNIST-M
89.5, MNIST-M → SVHN 77.3, SVHN → USPS 86.2, SVHN → MNIST-M 67.7.
"""

import torch.nn.functional as F
from torch import Tensor

from training.loop import run_command
from training.methods.adaptation import DigitMethod
from training.settings import Settings


class SourceOnly(DigitMethod):
    """Cross-entropy on labelled source images."""

    name = "source_only"
    statistics = "source"

    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        with self.autocast():
            logits = self.network(self.augmented_source(source_images, target_images))
            label_loss = F.cross_entropy(logits, source_labels)
        self.descend(label_loss)
        return {"label_loss": label_loss.item()}


if __name__ == "__main__":
    run_command(SourceOnly, Settings)
