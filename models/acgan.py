"""ACGAN: a GAN that is told an attribute, and a discriminator that also names it.

Odena et al., "Conditional image synthesis with auxiliary classifier GANs", 2017. The networks are
those of models/gan.py with one input and one head more.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.gan import discriminator_features, generator_layers, initialise


class ConditionalGenerator(nn.Module):
    """Noise from N(0, I) and an attribute -> faces that have it or lack it."""

    def __init__(self, noise_size: int = 100, width: int = 24):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width)
        self.noise_size = noise_size
        self.layers = generator_layers(noise_size + 1, width)
        initialise(self)

    def forward(self, noise: Tensor, attribute: Tensor) -> Tensor:
        """Noise N x noise_size and attribute N, 0 or 1 -> images N x 3 x 64 x 64 in [-1, 1].

        The attribute enters as -1 or 1, as large as a coordinate of the noise.
        """
        condition = 2 * attribute.to(noise)[:, None] - 1
        return self.layers(torch.cat([noise, condition], dim=1))


class ConditionalDiscriminator(nn.Module):
    """Faces -> how real they look, and whether they have the attribute."""

    def __init__(self, width: int = 48):
        super().__init__()
        self.features = discriminator_features(width)
        self.real_head = spectral_norm(nn.Linear(8 * width * 4 * 4, 1))
        self.attribute_head = nn.Linear(8 * width * 4 * 4, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x 3 x 64 x 64 in [-1, 1] -> logits N, positive for real; logits N of the attribute."""
        features = self.features(images.contiguous(memory_format=torch.channels_last))
        return self.real_head(features).squeeze(1), self.attribute_head(features).squeeze(1)
