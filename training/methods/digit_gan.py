"""GANs of digits: the latent autoencoder's decoder learns to paint digits from noise, or the digit it is asked for.

    python3 -m training digit_gan
    python3 -m training digit_gan_conditional

The logistic loss of Goodfellow et al., "Generative adversarial nets", 2014, with a penalty on the discriminator's
gradient at real images (Mescheder et al., "Which training methods for GANs do actually converge?", 2018). Under
the spectral norm and hinge loss of training/methods/gan.py a conditional generator forgot its noise within 22 epochs.
A conditional generator embeds its label (Mirza & Osindero, "Conditional generative adversarial nets",
2014), and the discriminator that it faces compares the label with what it sees (Miyato & Koyama,
"cGANs with projection discriminator", 2018).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tyro.conf import Fixed

from inference.noise import fixed_noise
from models.digit_gan import ConditionalDigitGenerator, DigitDiscriminator, DigitGenerator
from training.augment.images import signed
from training.average import with_statistics_of
from training.data.digits import LabelledImages
from training.measures.collapse import check_collapse
from training.methods.adversaries import AveragedGanMethod, frozen, share_right
from training.methods.base import descend
from training.settings import RunSettings

STATISTICS_SAMPLES = 2048  # for batch norm
PICTURE_SEED = 0  # of the picture of samples, the same in every run
FIGURE_SAMPLES = 25  # of the noise that a checkpoint carries
PENALTY_EVERY = 8  # steps: it changes slowly (Karras et al., "Analyzing and improving StyleGAN", 2020: every 16)


@dataclass(frozen=True, kw_only=True)
class DigitGanSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    open_ended = True
    # Whether the decoder ends in a convolution and tanh, as the autoencoder's does.
    last_convolution: Fixed[bool] = True

    # The rates are constant and the average forgets, so any epoch may be the last. The Fréchet distance still fell.
    epochs: int = 20
    # Times 32 images: half a pass over 55,000 digits.
    steps_per_epoch: int = 860
    # On a CPU few images buy many steps; batch norm wants some.
    batch: int = 32
    # The assignment's.
    noise_size: int = 32
    # Filters of the generator's 16x16 maps, as the autoencoder has, and of the discriminator's first convolution.
    generator_width: int = 32
    discriminator_width: int = 24
    # Two and a half times the faces': digits are simpler. Both learn as fast: the penalty holds the discriminator.
    generator_rate: float = 5e-4
    discriminator_rate: float = 5e-4
    # Of the squared gradient at real images. With 1, a digit varies 0.95 times as much as real ones after 6 epochs.
    penalty: float = 1.0
    # Averages the generator over about the last 1,000 steps.
    average: float = 0.999


@dataclass(frozen=True, kw_only=True)
class ConditionalDigitGanSettings(DigitGanSettings):
    """The recipe's numbers, each with its reason."""

    # Where the embedded label is joined: to the decoder's input, or to its last maps.
    joined: Fixed[Literal["before", "after"]]


class DigitGan(AveragedGanMethod):
    """Logistic loss for both: each wants the discriminator's answer on its side.

    Batches are images uint8 N x 1 x 32 x 32, and what both networks are told of them: here nothing.
    """

    name, title = "digit_gan", "digit GAN"
    panels = {"loss": ("discriminator_loss", "generator_loss"), "share": ("discriminator_accuracy", "sample_variance")}

    def networks(self) -> tuple[nn.Module, nn.Module]:
        settings = self.settings
        return (
            DigitGenerator(settings.noise_size, settings.generator_width, settings.last_convolution),
            DigitDiscriminator(settings.discriminator_width),
        )

    def split(self, part: Tensor) -> tuple[Tensor, ...]:
        """A part of the data as `update` takes it."""
        return (part,)

    def update(self, images: Tensor, *labels: Tensor) -> dict[str, float]:
        real = signed(images)
        with self.autocast():
            fake = self.generator(self.noise(len(real), self.settings.noise_size), *labels).float()
            logits = self.discriminator(torch.cat([real, fake.detach()]), *(told.repeat(2) for told in labels))
            real_logits, fake_logits = logits.float().chunk(2)
            discriminator_loss = (F.softplus(-real_logits) + F.softplus(fake_logits)).mean()
        penalty = self.penalty(real, *labels) if self.step % PENALTY_EVERY == 0 else 0
        descend(self.discriminator_optimiser, discriminator_loss + penalty)

        with self.autocast(), frozen(self.discriminator):
            generator_loss = F.softplus(-self.discriminator(fake, *labels).float()).mean()
        descend(self.generator_optimiser, generator_loss)
        self.average.update_parameters(self.generator)
        return {
            "discriminator_loss": discriminator_loss.item(),
            "generator_loss": generator_loss.item(),
            "discriminator_accuracy": share_right(real_logits, fake_logits),
        }

    def penalty(self, real: Tensor, *labels: Tensor) -> Tensor:
        """Of the squared gradient at real images, for all the steps until it comes again."""
        real = real.clone().requires_grad_()
        with self.autocast():
            logits = self.discriminator(real, *labels).float()
        (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        return PENALTY_EVERY * self.settings.penalty / 2 * gradient.square().sum(dim=(1, 2, 3)).mean()

    def end_epoch(self, data) -> None:
        count = self.settings.for_statistics(STATISTICS_SAMPLES)
        some = tuple(values[:count] for values in self.split(data.training))
        self.kept = with_statistics_of(self.average.module, self.inputs(*some))

    def inputs(self, images: Tensor, *labels: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """Batches of what the generator takes for as many samples, with the same labels."""
        for rows in torch.arange(len(images)).split(256):
            yield self.noise(len(rows), self.settings.noise_size), *(told[rows] for told in labels)

    @torch.inference_mode()
    def validate(self, data) -> dict[str, float]:
        """How much samples vary, in units of held-out digits; a conditional generator's within each digit."""
        images, *labels = self.split(data.validation)
        samples = torch.cat([self.kept(*batch) for batch in self.inputs(images, *labels)])
        groups = labels[0] if labels else torch.zeros(len(images))
        return {"sample_variance": variance_within(samples, groups) / variance_within(signed(images), groups)}

    def check(self, metrics: dict[str, float]) -> None:
        check_collapse(metrics)

    @torch.inference_mode()
    def picture(self, data) -> Tensor:
        """80 samples; a conditional generator's are eight of each digit, a row a digit."""
        samples = self.kept(*(values.to(self.device) for values in self.pictured()))
        return samples.clamp(-1, 1).expand(-1, 3, -1, -1)

    def pictured(self) -> tuple[Tensor, ...]:
        """What the generator paints the picture from, the same in every run and epoch."""
        return (fixed_noise(80, self.settings.noise_size, PICTURE_SEED),)

    def checkpoint(self) -> dict:
        """With the noise of the figure."""
        noise = fixed_noise(FIGURE_SAMPLES, self.settings.noise_size, self.settings.seed)
        return {**super().checkpoint(), "noise": noise}


class ConditionalDigitGan(DigitGan):
    """The same losses; both networks are told the digit, and the generated ones have the real ones' labels."""

    name, title = "digit_gan_conditional", "conditional digit GAN"

    def networks(self) -> tuple[nn.Module, nn.Module]:
        settings = self.settings
        return (
            ConditionalDigitGenerator(settings.noise_size, settings.generator_width, joined=settings.joined),
            DigitDiscriminator(settings.discriminator_width, conditional=True),
        )

    def split(self, part: LabelledImages) -> tuple[Tensor, ...]:
        return part.images, part.labels

    def pictured(self) -> tuple[Tensor, ...]:
        return *super().pictured(), torch.arange(10).repeat_interleave(8)


def variance_within(images: Tensor, groups: Tensor) -> float:
    """Mean over pixels of the images' variance within their group, mean over groups of two images or more."""
    members = [images[groups == group] for group in groups.unique()]
    return torch.stack([part.var(dim=0).mean() for part in members if len(part) > 1]).mean().item()
