"""ACGAN: a GAN that is told an attribute, and a discriminator that also names it.

Odena et al., "Conditional image synthesis with auxiliary classifier GANs", 2017. The networks are
those of models/gan.py with one input and one head more.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.blocks import channels_last
from models.gan import discriminator_features, generator_layers, initialise


class ConditionalGenerator(nn.Module):
    """Noise from N(0, I) and an attribute -> images that have it or lack it."""

    def __init__(self, noise_size: int = 100, width: int = 24, size: int = 64, channels: int = 3):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width, size=size, channels=channels)
        self.noise_size = noise_size
        self.layers = generator_layers(noise_size + 1, width, size, channels)
        initialise(self)

    def forward(self, noise: Tensor, attribute: Tensor) -> Tensor:
        """Noise N x noise_size and attribute N, 0 or 1 -> images N x C x S x S in [-1, 1].

        The attribute enters as -1 or 1, as large as a coordinate of the noise.
        """
        condition = 2 * attribute.to(noise)[:, None] - 1
        return self.layers(torch.cat([noise, condition], dim=1))

    sample = forward


class ConditionalDiscriminator(nn.Module):
    """Images -> how real they look, and which attributes they have."""

    def __init__(self, width: int = 48, size: int = 64, channels: int = 3, attributes: int = 1):
        super().__init__()
        self.features, feature_size = discriminator_features(width, size, channels)
        self.real_head = spectral_norm(nn.Linear(feature_size, 1))
        self.attribute_head = nn.Linear(feature_size, attributes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x C x S x S in [-1, 1] -> logits N, positive for real; logits N x attributes, of one attribute N."""
        features = self.features(channels_last(images))
        return self.real_head(features).squeeze(1), self.attribute_head(features).squeeze(1)
