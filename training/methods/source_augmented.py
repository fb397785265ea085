"""Source only, augmented towards the target: what augmentation alone gives, without adaptation.

    python3 -m training source_augmented_usps_mnistm

No loss sees the target and the batch statistics are the source's. But augmentation is set by the target's
look and composes over its unlabelled photos, so this is no lower bound: it is what a method with the same
augmentation is to be compared with.

Seven minutes of one CPU core in bf16; untested on a GPU.
"""

import torch.nn.functional as F
from torch import Tensor

from training.methods.adaptation import AdaptationMethod


class SourceAugmented(AdaptationMethod):
    """Cross-entropy on labelled source images that look like the target's."""

    name, title = "source_augmented", "source only, augmented"
    statistics = "source"
    adapts = False

    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        with self.autocast():
            logits = self.network(self.augmented_source(source_images, target_images))
            label_loss = F.cross_entropy(logits, source_labels)
        self.learn_from(label_loss)
        return {"label_loss": label_loss.item()}
