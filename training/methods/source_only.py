"""Source only: what a classifier of the source reads on the target.

    python3 -m training source_only_usps_mnistm

The network is trained on augmented source digits and never adapts: no loss sees the target and its
batch statistics are the source's. Augmentation is DANN's, composing over the target's
unlabelled photos included, so that the difference between the two is DANN's alone.

Seven minutes of one CPU core with --bf16; untested on a GPU.
"""

import torch.nn.functional as F
from torch import Tensor

from training.methods.adaptation import AdaptationMethod


class SourceOnly(AdaptationMethod):
    """Cross-entropy on labelled source images."""

    name, title = "source_only", "source only"
    statistics = "source"
    adapts = False

    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        with self.autocast():
            logits = self.network(self.augmented_source(source_images, target_images))
            label_loss = F.cross_entropy(logits, source_labels)
        self.learn_from(label_loss)
        return {"label_loss": label_loss.item()}
