"""What the digit methods have in common: network, optimiser, averaged weights, augmentation."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from models.digit_classifier import DigitClassifier
from training.data import digit_task
from training.augment.digits import augment, to_float
from training.average import network_average, with_statistics_of
from training.settings import Settings

STATISTICS_BATCHES = 16  # times 128 images: the statistics' own error is then below one in forty


class DigitMethod(ABC):
    """A way of training a DigitClassifier on labelled source and unlabelled target images.

    Images come and go as uint8 N x 3 x 28 x 28, labels as int64 N, both on the method's device.
    """

    task = digit_task
    # Whose batch statistics predict the target: "source" or "target".
    statistics: str
    # The metric of an epoch whose highest value chooses the weights that are kept.
    choice: str = "validation_accuracy"

    def __init__(self, settings: Settings, device: torch.device):
        self.settings, self.device, self.step = settings, device, 0
        self.network = DigitClassifier(settings.channels).to(device, memory_format=torch.channels_last)
        self.modules = nn.ModuleDict({"network": self.network, **self.extra_modules()}).to(device)
        self.optimiser = torch.optim.AdamW(
            self.modules.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        warm_up = settings.warm_up if settings.warm_up * settings.steps > 1 else 0.4  # it must last a step or two
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=warm_up)
        self.average = network_average(self.network)
        self.generator = torch.Generator(device)

    def extra_modules(self) -> dict[str, nn.Module]:
        """Networks beside the classifier that are trained and resumed with it."""
        return {}

    @abstractmethod
    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        """One step of training. Returns what is worth a curve."""

    def predict(self, images: Tensor) -> Tensor:
        """Logits N x 10 of target images, by the averaged network of the last `end_epoch`."""
        return _logits(self.predictor, images)

    def predict_source(self, images: Tensor) -> Tensor:
        """Logits N x 10 of source images augmented towards the target, as in training."""
        return _logits(self.source_predictor, images)

    def end_epoch(self, source_images: Tensor, target_images: Tensor) -> None:
        """Fixes the networks that predict, with batch statistics of source and target."""
        source = [self.augmented_source(*pair) for pair in zip(
            self.statistics_batches(source_images), self.statistics_batches(target_images), strict=True)]
        self.source_predictor = with_statistics_of(self.average.module, source)
        target = map(to_float, self.statistics_batches(target_images))
        self.predictor = with_statistics_of(self.average.module, target) if self.statistics == "target" else self.source_predictor

    def statistics_batches(self, images: Tensor) -> list[Tensor]:
        rows = torch.randint(len(images), (STATISTICS_BATCHES, 128), generator=self.generator, device=self.device)
        return [images[batch] for batch in rows]

    def augmented_source(self, images: Tensor, target_images: Tensor) -> Tensor:
        return augment(images, self.settings.source, self.settings.target, self.generator, photos=target_images)

    def augmented_target(self, images: Tensor) -> Tensor:
        return augment(images, self.settings.target, self.settings.target, self.generator)

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.settings.bf16)

    def descend(self, loss: Tensor) -> None:
        """One optimiser step on this loss; learning rate and averaged weights follow."""
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        self.step += 1

    def seed(self, seed: int) -> None:
        self.generator.manual_seed(seed)

    def state(self) -> dict:
        return {"step": self.step, **{name: part.state_dict() for name, part in self._parts().items()}}

    def load_state(self, state: dict) -> None:
        self.step = state["step"]
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict:
        return {"modules": self.modules, "optimiser": self.optimiser,
                "schedule": self.schedule, "average": self.average}


@torch.inference_mode()
def _logits(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network(to_float(batch)) for batch in images.split(512)])
