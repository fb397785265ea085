"""DCGAN as in the homework of 2019: the row beside which training/methods/gan.py shows what each later idea bought.

    python3 -m training dcgan

Radford et al., "Unsupervised representation learning with deep convolutional GANs", 2016; the loss is
the non-saturating one of Goodfellow et al., "Generative adversarial nets", 2014. No spectral norm, no
mirrored faces, no average of weights. An epoch takes three to four minutes of one CPU core in bf16;
untested on a GPU.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus
from torch.optim import Adam

from models.dcgan import DcganDiscriminator, DcganGenerator
from training.augment.images import signed
from training.data.face_split import FaceSplit
from training.methods.adversaries import share_right
from training.methods.base import descend
from training.methods.faces import AdversarialMethod
from training.settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class DcganSettings(RunSettings):
    """The homework's numbers."""

    open_ended = True
    # The rate is constant, so any epoch may be the last.
    epochs: int = 20
    # Times 128 images: about one pass over the 11,990 training faces.
    steps_per_epoch: int = 94
    batch: int = 128
    noise_size: int = 100
    # Channels are 8, 4, 2 and 1 times this: 512, 256, 128, 64.
    width: int = 64
    # Adam's, of both networks.
    learning_rate: float = 2e-4
    # Adam's memory of gradients, of about two: with its default of ten the paper's networks oscillated.
    beta1: float = 0.5


class Dcgan(AdversarialMethod):
    """Each network's cross-entropy; the generator's counts its faces as real."""

    name, title = "dcgan", "DCGAN"

    def __init__(self, settings: DcganSettings, device: torch.device):
        super().__init__(settings, device)
        self.generator = DcganGenerator(settings.noise_size, settings.width).to(
            device, memory_format=torch.channels_last
        )
        self.discriminator = DcganDiscriminator(settings.width).to(device, memory_format=torch.channels_last)
        self.generator_optimiser, self.discriminator_optimiser = (
            Adam(network.parameters(), settings.learning_rate, betas=(settings.beta1, 0.999))
            for network in (self.generator, self.discriminator)
        )
        self.parts = {
            name: getattr(self, name)
            for name in ("generator", "discriminator", "generator_optimiser", "discriminator_optimiser")
        }

    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        with self.autocast():
            fake = self.generator(*self.inputs(attributes)).float()
            # In separate batches: batch norm would let each see the other's statistics.
            real_logits, fake_logits = self.judge(signed(images)), self.judge(fake.detach())
            discriminator_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        descend(self.discriminator_optimiser, discriminator_loss)

        with self.autocast():
            generator_loss = softplus(-self.judge(fake)).mean()
        descend(self.generator_optimiser, generator_loss)
        return {
            "discriminator_loss": discriminator_loss.item(),
            "generator_loss": generator_loss.item(),
            "discriminator_accuracy": share_right(real_logits, fake_logits),
        }

    def judge(self, images: Tensor) -> Tensor:
        return self.discriminator(images).float()

    def end_epoch(self, data: FaceSplit) -> None:
        self.kept = copy.deepcopy(self.generator).eval()
