"""ADDA: an encoder of its own for the target, which a discriminator cannot tell from the source's.

    python3 -m training adda_mnistm_svhn --source-run runs/source_augmented_mnistm_svhn

Tzeng et al., "Adversarial discriminative domain adaptation", 2017: encoder and classifier are trained on the
source first, and stay; the target's encoder begins as the source's and learns from the discriminator alone, with
labels turned round. Nothing holds its classes in place, so they may be swapped: the epoch's metrics show it.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from models.domain_head import DomainHead
from training.augment.digits import augment_weakly, to_float
from training.average import with_statistics_of
from training.data.domain_pair import DomainPair
from training.errors import RunError
from training.measures.collapse import check_adversary, check_classes
from training.methods.adaptation import UNLABELLED, AdaptationMethod
from training.methods.base import descend
from training.methods.digits import VALIDATION_SEED, logits
from training.run_folder import RunFolder, finished_run
from training.settings import DigitSettings


@dataclass(frozen=True, kw_only=True)
class AddaSettings(DigitSettings):
    """The recipe's numbers, each with its reason."""

    # Folder of a finished run of this scenario's source_augmented: where both encoders start.
    source_run: Path | None = None
    # 2,000 steps: the encoder starts from a good one.
    epochs: int = 8
    # The encoder's: a fortieth of source only's, or its classes are swapped before the discriminator can follow. Its
    # warm-up lets the discriminator learn first.
    learning_rate: float = 1e-4
    # AdamW's default.
    discriminator_rate: float = 1e-3
    # The paper's discriminator has two hidden layers of 500.
    discriminator_width: int = 500


class Adda(AdaptationMethod):
    """The discriminator tells source from target features; the target's encoder makes it take target for source."""

    name, title = "adda", "ADDA"
    adapts = True
    statistics = "target"
    choice = "consistency"
    panels = {
        "loss": ("discriminator_loss", "encoder_loss"),
        "share": ("discriminator_accuracy",),
        "percent": ("consistency", "read_as_at_first", "target_confidence"),
    }

    def __init__(self, settings: AddaSettings, device: torch.device):
        super().__init__(settings, device)
        self.source = type(self.network)(**self.network.arguments).to(device).eval().requires_grad_(False)
        self.discriminator = DomainHead(self.network.feature_size, settings.discriminator_width).to(device)
        # Half of Adam's usual momentum, as in the paper: the other network moves too.
        self.discriminator_optimiser = torch.optim.Adam(
            self.discriminator.parameters(), settings.discriminator_rate, betas=(0.5, 0.999)
        )
        self.parts |= {name: getattr(self, name) for name in ("source", "discriminator", "discriminator_optimiser")}

    def start(self, data: DomainPair) -> None:
        """Both encoders, and the classifier behind them, from the run of source_augmented, or random ones of a smoke
        run. Raises RunError where the run does not fit."""
        if self.settings.smoke and self.settings.source_run is None:
            return self.source.load_state_dict(self.network.state_dict())
        state = source_state(self.settings)
        for network in (self.source, self.network, self.average.module):
            network.load_state_dict(state)
        self.started_from = RunFolder(self.settings.source_run).origin()

    def update(self, source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> dict[str, float]:
        with self.autocast():
            with torch.no_grad():
                source_features = self.source.features(self.augmented_source(source_images, target_images))
            target_features = self.network.features(self.augmented_target(target_images))
            domain_logits = self.discriminator(torch.cat([source_features, target_features.detach()])).float()
            is_source = torch.cat([torch.ones(len(source_images)), torch.zeros(len(target_images))]).to(domain_logits)
            discriminator_loss = F.binary_cross_entropy_with_logits(domain_logits, is_source)
        descend(self.discriminator_optimiser, discriminator_loss)

        with self.autocast():
            taken_for_source = self.discriminator(target_features).float()
            encoder_loss = F.binary_cross_entropy_with_logits(taken_for_source, torch.ones_like(taken_for_source))
        self.learn_from(encoder_loss)
        accuracy = ((domain_logits > 0) == (is_source > 0)).float().mean()
        return {
            "discriminator_loss": discriminator_loss.item(),
            "encoder_loss": encoder_loss.item(),
            "discriminator_accuracy": accuracy.item(),
        }

    def unlabelled(self, target_images: Tensor) -> dict[str, float]:
        """Beside the others, in percent of the target's images: which are read alike when turned and shifted a
        little (`consistency`), which are read as before the first step (`read_as_at_first`), and which as the most
        frequent digit."""
        images = target_images[:UNLABELLED]
        read = logits(self.kept, images).argmax(1)
        distorted = logits(self.kept, augment_weakly(images, self.settings.target, self.random)).argmax(1)
        self.seed(VALIDATION_SEED)
        statistics = map(to_float, self.statistics_batches(target_images))
        at_first = logits(with_statistics_of(self.source, statistics), images).argmax(1)
        return super().unlabelled(target_images) | {
            "consistency": percent(read == distorted),
            "read_as_at_first": percent(read == at_first),
            "most_frequent_digit": percent(read == read.mode().values),
        }

    def check(self, metrics: dict[str, float]) -> None:
        check_adversary(metrics)
        check_classes(metrics)


def percent(which: Tensor) -> float:
    return 100 * which.float().mean().item()


def source_state(settings: AddaSettings) -> dict[str, Tensor]:
    """The weights that a finished run of source_augmented keeps. Raises RunError where the run is of another row, or
    its network of another width."""
    row = f"source_augmented_{settings.source}_{settings.target}"
    stored = finished_run(settings.source_run, "--source-run", row)
    if stored["arguments"]["channels"] != list(settings.channels):
        raise RunError(
            f"{settings.source_run} has channels {stored['arguments']['channels']}, not {list(settings.channels)}"
        )
    return stored["state"]
