"""What the GANs share whose generator is averaged: two networks with an optimiser each, and what their steps use."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Adam

from training.average import network_average
from training.methods.base import Method
from training.settings import RunSettings

# Adam's, as in Karras et al., "Progressive growing of GANs", 2018: momentum would push on after the other
# network has moved, and a memory of 100 gradients follows it.
BETAS = (0.0, 0.99)


class AveragedGanMethod(Method):
    """A GAN of whatever images; its settings have `generator_rate`, `discriminator_rate` and `average`."""

    def __init__(self, settings: RunSettings, device: torch.device):
        super().__init__(settings, device)
        self.generator, self.discriminator = (
            network.to(device, memory_format=torch.channels_last) for network in self.networks()
        )
        self.average = network_average(self.generator, settings.average)
        self.generator_optimiser = Adam(self.generator.parameters(), settings.generator_rate, betas=BETAS)
        self.discriminator_optimiser = Adam(self.discriminator.parameters(), settings.discriminator_rate, betas=BETAS)
        self.parts = {
            name: getattr(self, name)
            for name in ("generator", "discriminator", "average", "generator_optimiser", "discriminator_optimiser")
        }

    @abstractmethod
    def networks(self) -> tuple[nn.Module, nn.Module]:
        """The generator and the discriminator, with random weights."""


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Inside, what passes through the network gets gradients and its weights get none."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def share_right(real_logits: Tensor, fake_logits: Tensor) -> float:
    """The share, of 1, that lies on its side of 0."""
    return torch.cat([real_logits > 0, fake_logits < 0]).float().mean().item()
