"""GAN: a generator of faces against a discriminator that tells them from real ones.

    python3 -m training gan

DCGAN's networks (Radford et al., 2016) with what later work found to steady them on few images:
spectral norm (Miyato et al., 2018), the hinge loss (Lim & Ye, "Geometric GAN", 2017), augmentation
once the discriminator learns faces by heart (Karras et al., 2020; Zhao et al., 2020), and an average
of the generator's weights for sampling.

An epoch takes two minutes on one CPU core in bf16; untested on a GPU. Faces are recognisable
after five. The rates are constant, so a run may be stopped and taken up again (--resume, with more
--epochs) as long as its samples get better.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.gan import Discriminator, Generator
from training.augment.images import AdaptiveAugmentation, flipped, signed
from training.average import with_statistics_of
from training.data.face_split import FaceSplit
from training.errors import RunError
from training.methods.adversaries import AveragedGanMethod, frozen, share_right
from training.methods.base import descend
from training.methods.faces import AdversarialMethod
from training.run_folder import RunFolder
from training.settings import RunSettings

STATISTICS_SAMPLES = 1024  # for batch norm


@dataclass(frozen=True, kw_only=True)
class GanSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    open_ended = True
    # The rates are constant and the average forgets, so any epoch may be the last.
    epochs: int = 10
    # Times 32 images: about one pass over the 11,990 training faces.
    steps_per_epoch: int = 375
    # A step's time is linear in it on a CPU; batch norm wants some images, and many steps matter more.
    batch: int = 32
    # As in the 2019 assignment.
    noise_size: int = 100
    # Filters of the last and first convolution: both networks then take about as long.
    generator_width: int = 24
    discriminator_width: int = 48
    # The discriminator learns twice as fast (Heusel et al., "Two time-scale update rule", 2017).
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    # Folder of a GAN's run whose networks both start from, instead of random ones.
    gan: Path | None = None
    # Averages the generator over about the last 1,000 steps, 2.7 epochs.
    average: float = 0.999


class Gan(AveragedGanMethod, AdversarialMethod):
    """Hinge loss for the discriminator, its score for the generator."""

    name, title = "gan", "GAN"
    panels = AdversarialMethod.panels | {
        "share": ("discriminator_accuracy", "training_accuracy", "held_out_accuracy", "augmentation", "sample_variance")
    }

    def __init__(self, settings: GanSettings, device: torch.device):
        super().__init__(settings, device)
        self.augmentation = self.parts["augmentation"] = AdaptiveAugmentation()

    def start(self, data: FaceSplit) -> None:
        """From another run's last networks and their average, if one is given."""
        if self.settings.gan is not None:
            self.take_over(stored_gan(self.settings, self.device))
            self.started_from = RunFolder(self.settings.gan).origin_of_state()

    def take_over(self, gan: dict[str, dict]) -> None:
        for name in ("generator", "discriminator", "average"):
            self.parts[name].load_state_dict(gan[name])

    def networks(self) -> tuple[nn.Module, nn.Module]:
        return Generator(self.settings.noise_size, self.settings.generator_width), Discriminator(
            self.settings.discriminator_width
        )

    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        real = flipped(images, self.random)
        with self.autocast():
            fake = self.generator(*self.inputs(attributes)).float()
            real_logits, fake_logits = self.judge(torch.cat([real, fake.detach()])).chunk(2)
            discriminator_loss = hinge(real_logits, fake_logits)
        descend(self.discriminator_optimiser, discriminator_loss)

        with self.autocast(), frozen(self.discriminator):
            generator_loss = -self.judge(fake).mean()
        self.descend_generator(generator_loss)
        return {
            "discriminator_loss": discriminator_loss.item(),
            "generator_loss": generator_loss.item(),
            "discriminator_accuracy": share_right(real_logits, fake_logits),
        }

    def judge(self, images: Tensor) -> Tensor:
        """The discriminator's logits N of images that it sees augmented, positive for real."""
        return self.discriminator(self.augmentation(images, self.random)).float()

    def descend_generator(self, loss: Tensor) -> None:
        """Ends the step: the average follows the generator."""
        descend(self.generator_optimiser, loss)
        self.average.update_parameters(self.generator)

    def end_epoch(self, data: FaceSplit) -> None:
        attributes = data.training.attributes[: self.settings.for_statistics(STATISTICS_SAMPLES)]
        self.kept = with_statistics_of(self.average.module, map(self.inputs, attributes.split(64)))

    @torch.inference_mode()
    def validate(self, data: FaceSplit) -> dict[str, float]:
        """Besides, the shares of real faces taken for real: that of held-out ones falls where the
        discriminator learns the others by heart."""
        real = signed(data.validation.images)
        training_accuracy, held_out_accuracy = (
            (self.judge(images) > 0).float().mean().item()
            for images in (signed(data.training.images[: len(real)]), real)
        )
        self.augmentation.adapt(training_accuracy, held_out_accuracy)
        return {
            **super().validate(data),
            "training_accuracy": training_accuracy,
            "held_out_accuracy": held_out_accuracy,
            "augmentation": self.augmentation.probability,
        }


def stored_gan(settings: GanSettings, device: torch.device) -> dict[str, dict]:
    """The last state of the GAN's run in settings.gan. Raises RunError where there is none, or its networks differ."""
    run = RunFolder(settings.gan)
    stored = run.settings()
    if stored.get("method") != Gan.name:
        raise RunError(f"--gan {run.path} holds no epoch of a GAN: give the folder of a run of gan or gan_wide")
    for name in ("noise_size", "generator_width", "discriminator_width"):
        if stored[name] != getattr(settings, name):
            flag = "--" + name.replace("_", "-")
            raise RunError(f"--gan {run.path} was run with {flag} {stored[name]}: give {flag} {stored[name]} here too")
    return run.load_state(device)["method"]


def hinge(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Real logits are pushed above 1, fake ones below -1, and no further."""
    return (F.relu(1 - real_logits) + F.relu(1 + fake_logits)).mean()
