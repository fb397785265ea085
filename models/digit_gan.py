"""GANs of 32x32 grey digits: the latent autoencoder's decoder against a discriminator, with and without a label."""

import torch
from torch import Tensor, nn

from models.blocks import channels_last
from models.latent_autoencoder import decoder_layers

CLASSES = 10


class DigitGenerator(nn.Module):
    """Noise from N(0, I) -> digits."""

    def __init__(self, noise_size: int = 32, width: int = 32, last_convolution: bool = True):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width, last_convolution=last_convolution)
        self.noise_size = noise_size
        self.layers = decoder_layers(noise_size, width, last_convolution)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size -> images N x 1 x 32 x 32 in [-1, 1]; without a last convolution about there."""
        return self.layers(noise)

    sample = forward


class ConditionalDigitGenerator(nn.Module):
    """Noise from N(0, I) and a label -> that digit.

    The label is embedded as 20 numbers. Joined "before" the decoder they lie beside the noise. Joined
    "after" it they are 20 even planes beside the decoder's last maps, which one convolution paints from.
    """

    def __init__(self, noise_size: int = 32, width: int = 32, label_size: int = 20, joined: str = "before"):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width, label_size=label_size, joined=joined)
        self.noise_size, self.joined = noise_size, joined
        self.embedding = nn.Embedding(CLASSES, label_size)
        layers = decoder_layers(noise_size + (label_size if joined == "before" else 0), width)
        self.body = layers[:-2]
        planes = width // 4 + (label_size if joined == "after" else 0)
        self.paint = nn.Sequential(nn.Conv2d(planes, 1, kernel_size=3, padding=1), nn.Tanh())

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Noise N x noise_size and labels N in 0..9 -> images N x 1 x 32 x 32 in [-1, 1]."""
        embedded = self.embedding(labels.long())
        if self.joined == "before":
            return self.paint(self.body(torch.cat([noise, embedded], dim=1)))
        maps = self.body(noise)
        planes = embedded[:, :, None, None].expand(-1, -1, *maps.shape[2:])
        return self.paint(torch.cat([maps, planes], dim=1))

    sample = forward


class DigitDiscriminator(nn.Module):
    """Digits -> how real they look; told a label, how real they look as that digit.

    The label enters as an inner product of its embedding with the features (Miyato & Koyama, "cGANs
    with projection discriminator", 2018). No layer is normalised: the method keeps the gradients small.
    """

    def __init__(self, width: int = 24, conditional: bool = False):
        super().__init__()
        size = 4 * width * 4 * 4
        self.features = nn.Sequential(  # 1 x 32 x 32
            *down(1, width),  # w x 16 x 16
            *down(width, 2 * width),  # 2w x 8 x 8
            *down(2 * width, 4 * width),  # 4w x 4 x 4
            nn.Flatten(),
        )
        self.real_head = nn.Linear(size, 1)
        self.embedding = nn.Embedding(CLASSES, size) if conditional else None
        if conditional:
            nn.init.normal_(self.embedding.weight, std=0.02)  # at first a label hardly matters

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images N x 1 x 32 x 32 in [-1, 1], for a conditional one labels N -> logits N, positive for real."""
        features = self.features(channels_last(images))
        logits = self.real_head(features).squeeze(1)
        return logits if labels is None else logits + (features * self.embedding(labels)).sum(dim=1)


def down(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    """Half the height and width."""
    return nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)
