"""What the methods share that see a labelled source and an unlabelled target: batch statistics and validation."""

import torch
from torch import Tensor

from training.augment.digits import to_float
from training.data.domain_pair import DomainPair
from training.measures.label_free import mean_entropy
from training.methods.digits import VALIDATION_SEED, DigitMethod, accuracy, logits

UNLABELLED = 5000  # target images in an epoch's measures: a share's standard error is then 0.7 points at most


class AdaptationMethod(DigitMethod):
    """A way of training a DigitClassifier whose batches are source images, source labels and target images."""

    # Whose batch statistics predict the target: "source" or "target".
    statistics: str
    sees_target = True
    panels = {
        "loss": ("label_loss", "domain_loss", "target_loss"),
        "percent": ("validation_accuracy", "target_confidence"),
        "share": ("domain_accuracy", "coverage", "agreement"),
    }

    def end_epoch(self, data: DomainPair) -> None:
        """Sets `kept`, which reads the target, and `kept_on_source`: one average, two sets of batch statistics."""
        self.seed(VALIDATION_SEED)
        source = [
            self.augmented_source(*pair)
            for pair in zip(
                self.statistics_batches(data.source.images), self.statistics_batches(data.target), strict=True
            )
        ]
        self.kept_on_source = self.averaged(source)
        target = map(to_float, self.statistics_batches(data.target))
        self.kept = self.averaged(target) if self.statistics == "target" else self.kept_on_source

    def validate(self, data: DomainPair) -> dict[str, float]:
        """Accuracy in percent on held-out source digits augmented as in training, and `unlabelled`."""
        rows = torch.arange(len(data.validation.images), device=self.device) % len(data.target)
        images = self.augmented_source(data.validation.images, data.target[rows])
        validation = accuracy(self.kept_on_source, images, data.validation.labels)
        return {"validation_accuracy": validation, **self.unlabelled(data.target)}

    def unlabelled(self, target_images: Tensor) -> dict[str, float]:
        """What the target's unlabelled images show: mean confidence in percent, entropy in nats."""
        probabilities = logits(self.kept, target_images[:UNLABELLED]).softmax(1)
        confidence = 100 * probabilities.amax(1).mean().item()
        return {"target_confidence": confidence, "target_entropy": mean_entropy(probabilities)}
