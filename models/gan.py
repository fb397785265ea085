"""GAN of 64x64 faces: DCGAN's two convolution chains, the discriminator under spectral norm.

Radford et al., "Unsupervised representation learning with deep convolutional GANs", 2016;
Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def up_block(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the height and width. Transposed convolutions train twice as fast on a CPU as nearest
    upsampling before 3x3 ones, at the same channels."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def down_block(inputs: int, outputs: int) -> nn.Sequential:
    """Half the height and width, under spectral norm."""
    return nn.Sequential(
        spectral_norm(nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1)),
        nn.LeakyReLU(0.2, inplace=True),
    )


def generator_layers(inputs: int, width: int) -> nn.Sequential:
    """Vectors N x inputs -> images N x 3 x 64 x 64 in [-1, 1]."""
    return nn.Sequential(
        nn.Linear(inputs, 16 * width * 4 * 4, bias=False),
        nn.Unflatten(1, (16 * width, 4, 4)),                # 16w x 4 x 4
        nn.BatchNorm2d(16 * width), nn.ReLU(inplace=True),
        up_block(16 * width, 8 * width),                    # 8w x 8 x 8
        up_block(8 * width, 4 * width),                     # 4w x 16 x 16
        up_block(4 * width, 2 * width),                     # 2w x 32 x 32
        up_block(2 * width, width),                         # w x 64 x 64
        nn.Conv2d(width, 3, kernel_size=3, padding=1),      # 3 x 64 x 64
        nn.Tanh(),
    )


def discriminator_features(width: int) -> nn.Sequential:
    """Images N x 3 x 64 x 64 -> features N x 128w."""
    return nn.Sequential(
        down_block(3, width),                               # w x 32 x 32
        down_block(width, 2 * width),                       # 2w x 16 x 16
        down_block(2 * width, 4 * width),                   # 4w x 8 x 8
        down_block(4 * width, 8 * width),                   # 8w x 4 x 4
        nn.Flatten(),
    )


def initialise(network: nn.Module) -> None:
    """DCGAN's: weights from N(0, 0.02), batch norm's from N(1, 0.02)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.02)


class Generator(nn.Module):
    """Noise from N(0, I) -> faces; 2,183,259 parameters at the defaults."""

    def __init__(self, noise_size: int = 100, width: int = 24):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width)
        self.noise_size = noise_size
        self.layers = generator_layers(noise_size, width)
        initialise(self)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size -> images N x 3 x 64 x 64 in [-1, 1]."""
        return self.layers(noise)


class Discriminator(nn.Module):
    """Faces -> how real they look; 1,557,457 parameters at the default width.

    No batch norm: real and generated images would need separate batches. Spectral norm bounds the
    slope instead, which DCGAN's initialisation would only fight: PyTorch's own stays.
    """

    def __init__(self, width: int = 48):
        super().__init__()
        self.features = discriminator_features(width)
        self.real_head = spectral_norm(nn.Linear(8 * width * 4 * 4, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x 64 x 64 in [-1, 1] -> logits N, positive for real."""
        return self.real_head(self.features(images.contiguous(memory_format=torch.channels_last))).squeeze(1)
