"""What the digit classifiers share, adapted or not: network, optimiser, averaged weights, augmentation, validation."""

import torch
from torch import Tensor, nn

from models.digit_classifier import DigitClassifier
from training.augment.digits import augment, to_float
from training.average import network_average, with_statistics_of
from training.data.domain_pair import DomainPair
from training.measures.label_free import mean_entropy
from training.methods.base import Method, descend
from training.settings import DigitSettings

STATISTICS_BATCHES = 16  # times 128 images: the statistics' own error is then below one in forty
VALIDATION_SEED = 20201  # of the distortions of held-out images, the same every epoch, or luck would choose among epochs
UNLABELLED = 5000        # target images in an epoch's measures: a share's standard error is then 0.7 points at most


class AdaptationMethod(Method):
    """A way of training a DigitClassifier on labelled source and unlabelled target images.

    Batches are source images, source labels and target images: images uint8 N x 3 x 28 x 28, labels
    int64 N, all on the method's device.
    """

    # Whose batch statistics predict the target: "source" or "target".
    statistics: str
    # Whether it learns from the target's unlabelled images, and so is no bound.
    adapts: bool
    choice = "validation_accuracy"
    panels = {"loss": ("label_loss", "domain_loss", "target_loss"), "percent": ("validation_accuracy", "target_confidence"),
              "share": ("domain_accuracy", "coverage", "agreement")}

    def __init__(self, settings: DigitSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = DigitClassifier(settings.channels).to(device, memory_format=torch.channels_last)
        self.modules = nn.ModuleDict({"network": self.network, **self.extra_modules()}).to(device)
        self.optimiser = torch.optim.AdamW(
            self.modules.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        warm_up = settings.warm_up if settings.warm_up * settings.steps > 1 else 0.4  # it must last a step or two
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=warm_up)
        self.average = network_average(self.network)
        self.parts = {"modules": self.modules, "optimiser": self.optimiser, "schedule": self.schedule, "average": self.average}

    def extra_modules(self) -> dict[str, nn.Module]:
        """Networks beside the classifier that are trained and resumed with it."""
        return {}

    def learn_from(self, loss: Tensor) -> None:
        """Ends the step: the network descends, its learning rate and its average follow."""
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)

    def end_epoch(self, data: DomainPair) -> None:
        """Sets `kept`, which reads the target, and `kept_on_source`: one average, batch statistics of its own for each."""
        self.seed(VALIDATION_SEED)
        source = [self.augmented_source(*pair) for pair in zip(
            self.statistics_batches(data.source.images), self.statistics_batches(data.target), strict=True)]
        self.kept_on_source = with_statistics_of(self.average.module, source)
        target = map(to_float, self.statistics_batches(data.target))
        self.kept = with_statistics_of(self.average.module, target) if self.statistics == "target" else self.kept_on_source

    def validate(self, data: DomainPair) -> dict[str, float]:
        """Accuracy in percent on held-out source digits augmented as in training, and what the target's
        unlabelled images show: mean confidence in percent, entropy in nats."""
        rows = torch.arange(len(data.validation.images), device=self.device) % len(data.target)
        images = self.augmented_source(data.validation.images, data.target[rows])
        correct = logits(self.kept_on_source, images).argmax(1) == data.validation.labels
        probabilities = logits(self.kept, data.target[:UNLABELLED]).softmax(1)
        return {"validation_accuracy": 100 * correct.float().mean().item(),
                "target_confidence": 100 * probabilities.amax(1).mean().item(), "target_entropy": mean_entropy(probabilities)}

    def checkpoint(self) -> dict:
        return {"source": self.settings.source, "target": self.settings.target, **super().checkpoint()}

    def statistics_batches(self, images: Tensor) -> list[Tensor]:
        count = min(STATISTICS_BATCHES, self.settings.steps_per_epoch)  # a smoke run needs no finer ones
        rows = torch.randint(len(images), (count, 128), generator=self.random, device=self.device)
        return [images[batch] for batch in rows]

    def augmented_source(self, images: Tensor, target_images: Tensor) -> Tensor:
        return augment(images, self.settings.source, self.settings.target, self.random, photos=target_images)

    def augmented_target(self, images: Tensor) -> Tensor:
        return augment(images, self.settings.target, self.settings.target, self.random)


@torch.inference_mode()
def logits(network: nn.Module, images: Tensor) -> Tensor:
    """Logits N x 10 of uint8 or float images N x 3 x 28 x 28."""
    return torch.cat([network(to_float(batch)) for batch in images.split(512)])
