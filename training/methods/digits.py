"""What the digit classifiers share, adapted or not: network, optimiser, averaged weights, augmentation."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from models.digit_classifier import DigitClassifier
from training.augment.digits import augment, augment_weakly, to_float
from training.average import network_average, with_statistics_of
from training.methods.base import Method, descend
from training.settings import DigitSettings

STATISTICS_BATCHES = 16  # of two training batches, 128 images: the statistics' own error is then below one in forty
VALIDATION_SEED = 20201  # of the distortions of held-out images, the same every epoch, or luck would choose an epoch


class DigitMethod(Method):
    """A way of training a DigitClassifier. Images are uint8 N x 3 x 28 x 28, labels int64 N, all on the
    method's device."""

    # Whether it opens the target's unlabelled images, and whether it learns from them, and so is no bound.
    sees_target: bool
    adapts: bool
    choice = "validation_accuracy"
    panels = {"loss": ("label_loss",), "percent": ("validation_accuracy",)}

    def __init__(self, settings: DigitSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = DigitClassifier(settings.channels).to(device, memory_format=torch.channels_last)
        self.modules = nn.ModuleDict({"network": self.network, **self.extra_modules()}).to(device)
        self.optimiser = torch.optim.AdamW(
            self.modules.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        warm_up = settings.warm_up if settings.warm_up * settings.steps > 1 else 0.4  # it must last a step or two
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=warm_up
        )
        self.average = network_average(self.network)
        self.parts = {name: getattr(self, name) for name in ("modules", "optimiser", "schedule", "average")}

    def extra_modules(self) -> dict[str, nn.Module]:
        """Networks beside the classifier that are trained and resumed with it."""
        return {}

    def learn_from(self, loss: Tensor) -> None:
        """Ends the step: the network descends, its learning rate and its average follow."""
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)

    def checkpoint(self) -> dict:
        return {"source": self.settings.source, "target": self.settings.target, **super().checkpoint()}

    def statistics_batches(self, images: Tensor) -> list[Tensor]:
        count = min(STATISTICS_BATCHES, self.settings.steps_per_epoch)  # a smoke run needs no finer ones
        rows = torch.randint(len(images), (count, 2 * self.settings.batch), generator=self.random, device=self.device)
        return [images[batch] for batch in rows]

    def averaged(self, batches: Iterable[Tensor]) -> nn.Module:
        """The averaged network with the batch statistics of these float batches, in eval mode."""
        return with_statistics_of(self.average.module, batches)

    def augmented_source(self, images: Tensor, target_images: Tensor | None = None) -> Tensor:
        """As the recipe says; `target_images`, N too, lend photos where the target has them and the source has not."""
        if self.settings.augmentation == "plain":
            return augment_weakly(images, self.settings.source, self.random)
        return augment(images, self.settings.source, self.settings.target, self.random, photos=target_images)

    def augmented_target(self, images: Tensor) -> Tensor:
        if self.settings.augmentation == "plain":
            return augment_weakly(images, self.settings.target, self.random)
        return augment(images, self.settings.target, self.settings.target, self.random)


@torch.inference_mode()
def logits(network: nn.Module, images: Tensor) -> Tensor:
    """Logits N x 10 of uint8 or float images N x 3 x 28 x 28."""
    return torch.cat([network(to_float(batch)) for batch in images.split(512)])


def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """In percent."""
    return 100 * (logits(network, images).argmax(1) == labels).float().mean().item()
