"""Mean teacher: the network's own average labels the target, the student learns it from distorted images.

    python3 -m training mean_teacher_usps_mnistm

French et al., "Self-ensembling for visual domain adaptation", 2018: the teacher is the exponential
average of the student, and source and target pass in separate batches, each normalised by its own
statistics. Sohn et al., "FixMatch", 2020: only confident labels count; the teacher reads them from
weakly augmented images, the student learns them on strongly augmented ones.
Shu et al., "A DIRT-T approach to unsupervised domain adaptation", 2018: at the end the source goes,
and all of the network serves the target. Berthelot et al., "AdaMatch", 2022: class frequencies
are corrected, or a class that is rare among the labels vanishes from them.

40 minutes of one CPU core in bf16; untested on a GPU.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.augment.digits import augment_weakly
from training.errors import RunError
from training.methods.adaptation import AdaptationMethod
from training.settings import DigitSettings


@dataclass(frozen=True, kw_only=True)
class MeanTeacherSettings(DigitSettings):
    """The recipe's numbers, each with its reason."""

    # 20,000 steps: after 12,000 student and teacher agreed on one to two points less of the target's images.
    epochs: int = 25
    # Validation takes 5.5 seconds: after every 800 steps a twentieth of the time, after 250 it was a sixth.
    steps_per_epoch: int = 800
    # Share of the steps after which the target takes part: a teacher that knows little teaches nothing.
    target_from: float = 0.1
    # Share of the steps after which the source is left out: 8,000. In runs of 12,000 steps it left after 7,200, and
    # agreement on SVHN → MNIST-M rose by 3 points in the 750 steps that followed.
    source_until: float = 0.4
    # The teacher's label counts if its confidence is at least the mean confidence of the batch, or at least this.
    threshold: float = 0.9
    # A class that the teacher finds in a smaller share of the images is lifted to it, or it would vanish (6 fell
    # below 0.5 %): half of an even share. Aligning all classes half of the way with even ones instead
    # left 13 % of SVHN's images for 1, of which DANN, not aligned, finds 21 %; most of the rest became 7.
    rarest: float = 0.05


class RareClassLift(nn.Module):
    """Weighs class probabilities N x 10 so that no class is rarer than a share of 1.

    AdaMatch (Berthelot et al., 2022) aligns all classes with the source's frequencies, which the
    target need not have; here the target's own stand, but for classes that are about to vanish.
    `frequencies`, the running mean of what it was given, is a buffer, so a resumed run has it too.
    """

    def __init__(self, rarest: float):
        super().__init__()
        self.rarest = rarest
        self.register_buffer("frequencies", torch.full((10,), 0.1))

    def forward(self, probabilities: Tensor) -> Tensor:
        self.frequencies.lerp_(probabilities.mean(0), 0.01)  # over about the last 100 batches
        lifted = probabilities * (self.rarest / self.frequencies).clamp(min=1)
        return lifted / lifted.sum(1, keepdim=True)


class MeanTeacher(AdaptationMethod):
    """Cross-entropy on the source's labels, and on the teacher's confident labels of the target."""

    name, title = "mean_teacher", "mean teacher"
    adapts = True
    statistics = "target"
    choice = "agreement"

    def __init__(self, settings: MeanTeacherSettings, device: torch.device):
        """Raises RunError where the source is left out before the target takes part."""
        if settings.target_from > settings.source_until:
            raise RunError(
                f"--target-from {settings.target_from} lies after --source-until {settings.source_until}: "
                "between them there is nothing to learn from"
            )
        super().__init__(settings, device)

    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        progress = self.step / self.settings.steps
        losses, metrics = [], {}
        with self.autocast():
            if progress < self.settings.source_until:
                logits = self.network(self.augmented_source(source_images, target_images))
                losses.append(F.cross_entropy(logits, source_labels))
                metrics["label_loss"] = losses[-1].item()
            if progress >= self.settings.target_from:
                pseudo_labels, confident = self.teach(target_images)
                logits = self.network(self.augmented_target(target_images))
                losses.append((F.cross_entropy(logits, pseudo_labels, reduction="none") * confident).mean())
                metrics |= {
                    "target_loss": losses[-1].item(),
                    "coverage": confident.float().mean().item(),
                    "agreement": (logits.argmax(1) == pseudo_labels).float().mean().item(),
                }
        self.learn_from(sum(losses))
        return metrics

    def extra_modules(self) -> dict[str, nn.Module]:
        return {"rare_classes": RareClassLift(self.settings.rarest)}

    @torch.no_grad()
    def teach(self, target_images: Tensor) -> tuple[Tensor, Tensor]:
        """The teacher's labels N, and which of them count, by the batch's own statistics and without dropout."""
        teacher = self.average.module.train()
        teacher.label_head.eval()
        logits = teacher(augment_weakly(target_images, self.settings.target, self.random)).float()
        confidence, labels = self.modules["rare_classes"](logits.softmax(1)).max(1)
        return labels, confidence >= confidence.mean().clamp(max=self.settings.threshold)
