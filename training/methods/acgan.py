"""ACGAN: a GAN whose faces smile or do not, as asked.

    python3 -m training acgan --gan runs/gan

Odena et al., "Conditional image synthesis with auxiliary classifier GANs", 2017: the discriminator
also names the attribute, and the generator is to make faces on which it names what was asked. The
rest is training/methods/gan.py's; with --gan both networks start from that run's weights.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.acgan import ConditionalDiscriminator, ConditionalGenerator
from training.augment.images import flipped
from training.data.face_split import FaceSplit
from training.data.faces import ATTRIBUTES
from training.methods.adversaries import frozen, share_right
from training.methods.base import descend
from training.methods.faces import figure_noise
from training.methods.gan import Gan, GanSettings, hinge

SMILING = ATTRIBUTES.index("Smiling")


@dataclass(frozen=True, kw_only=True)
class AcganSettings(GanSettings):
    """The recipe's numbers, each with its reason."""

    # A generator that makes faces already has little left to learn.
    epochs: int = 4
    # Of the generator's attribute loss beside its score. As in the paper, both count alike.
    attribute_weight: float = 1.0


class Acgan(Gan):
    """The GAN's losses, and cross-entropy on Smiling: of real faces for the discriminator, of generated
    ones for the generator. The paper's discriminator also learns from generated faces, whose
    labels are only what the generator claims."""

    name, title = "acgan", "ACGAN"
    panels = Gan.panels | {
        "loss": ("discriminator_loss", "generator_loss", "real_attribute_loss", "fake_attribute_loss")
    }

    def networks(self) -> tuple[nn.Module, nn.Module]:
        return (
            ConditionalGenerator(self.settings.noise_size, self.settings.generator_width),
            ConditionalDiscriminator(self.settings.discriminator_width),
        )

    def inputs(self, attributes: Tensor) -> tuple[Tensor, ...]:
        return *super().inputs(attributes), self.condition(attributes)

    def condition(self, attributes: Tensor) -> Tensor:
        """What is asked of the generator, N of 0 and 1, as a row of attributes N x 13 has it."""
        return attributes[:, SMILING].float()

    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        real, smiling = flipped(images, self.random), self.condition(attributes)
        with self.autocast():
            fake = self.generator(*self.inputs(attributes)).float()
            logits, attribute_logits = self.judge_both(torch.cat([real, fake.detach()]))
            real_logits, fake_logits = logits.chunk(2)
            real_attribute_loss = F.binary_cross_entropy_with_logits(attribute_logits[: len(real)], smiling)
            discriminator_loss = hinge(real_logits, fake_logits)
        descend(self.discriminator_optimiser, discriminator_loss + real_attribute_loss)

        with self.autocast(), frozen(self.discriminator):
            logits, attribute_logits = self.judge_both(fake)
            fake_attribute_loss = F.binary_cross_entropy_with_logits(attribute_logits, smiling)
            generator_loss = -logits.mean()
        self.descend_generator(generator_loss + self.settings.attribute_weight * fake_attribute_loss)
        return {
            "discriminator_loss": discriminator_loss.item(),
            "generator_loss": generator_loss.item(),
            "real_attribute_loss": real_attribute_loss.item(),
            "fake_attribute_loss": fake_attribute_loss.item(),
            "discriminator_accuracy": share_right(real_logits, fake_logits),
        }

    def judge_both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The discriminator's logits N of realness and N of the attribute, on augmented images."""
        realness, attribute = self.discriminator(self.augmentation(images, self.random))
        return realness.float(), attribute.float()

    def judge(self, images: Tensor) -> Tensor:
        return self.judge_both(images)[0]

    def take_over(self, gan: dict[str, dict]) -> None:
        """Takes over a GAN's networks; what it lacks, the input and the head for the attribute, starts
        from nothing: the input's weights are 0, so the first faces are the GAN's own."""
        for name, column in (("generator", "layers.0.weight"), ("average", "module.layers.0.weight")):
            self.parts[name].load_state_dict(gan[name] | {column: F.pad(gan[name][column], (0, 1))})
        self.discriminator.load_state_dict(gan["discriminator"], strict=False)

    @torch.inference_mode()
    def picture(self, data: FaceSplit) -> Tensor:
        """16 pairs of the same noise, first without the smile, then with it."""
        noise = figure_noise(self.settings.noise_size, self.settings.seed)[:16].to(self.device)
        return self.kept(noise.repeat_interleave(2, dim=0), torch.tensor([0.0, 1.0], device=self.device).repeat(16))
