"""GAN of square images: DCGAN's two convolution chains, the discriminator under spectral norm.

Radford et al., "Unsupervised representation learning with deep convolutional GANs", 2016;
Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
"""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.blocks import channels_last, down_block, halvings, up_block

SMALLEST = 4  # height and width between the vectors and the convolutions


def generator_layers(inputs: int, width: int, size: int, channels: int) -> nn.Sequential:
    """Vectors N x inputs -> images N x C x S x S in [-1, 1]; S is 8, 16, 32, 64 …"""
    widths = [width << power for power in reversed(range(halvings(size, SMALLEST) + 1))]  # of 64x64: 16w 8w 4w 2w w
    return nn.Sequential(
        nn.Linear(inputs, widths[0] * SMALLEST**2, bias=False),
        nn.Unflatten(1, (widths[0], SMALLEST, SMALLEST)),  # widths[0] x 4 x 4
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(inplace=True),
        *(up_block(wide, narrow) for wide, narrow in zip(widths, widths[1:])),  # w x S x S
        nn.Conv2d(width, channels, kernel_size=3, padding=1),  # C x S x S
        nn.Tanh(),
    )


def discriminator_features(width: int, size: int, channels: int) -> tuple[nn.Sequential, int]:
    """Images N x C x S x S -> features N x F, and F; of 64x64, F is 128w."""
    widths = [channels, *(width << power for power in range(halvings(size, SMALLEST)))]  # of 64x64: C w 2w 4w 8w
    layers = (down_block(narrow, wide) for narrow, wide in zip(widths, widths[1:]))  # 8w x 4 x 4
    return nn.Sequential(*layers, nn.Flatten()), widths[-1] * SMALLEST**2


def initialise(network: nn.Module) -> None:
    """DCGAN's: weights from N(0, 0.02), batch norm's from N(1, 0.02)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.02)


class Generator(nn.Module):
    """Noise from N(0, I) -> images; 2,183,259 parameters at the defaults."""

    def __init__(self, noise_size: int = 100, width: int = 24, size: int = 64, channels: int = 3):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width, size=size, channels=channels)
        self.noise_size = noise_size
        self.layers = generator_layers(noise_size, width, size, channels)
        initialise(self)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size -> images N x C x S x S in [-1, 1]."""
        return self.layers(noise)

    sample = forward


class Discriminator(nn.Module):
    """Images -> how real they look; 1,557,457 parameters at the defaults.

    No batch norm: real and generated images would need separate batches. Spectral norm bounds the
    slope instead, which DCGAN's initialisation would only fight: PyTorch's own stays.
    """

    def __init__(self, width: int = 48, size: int = 64, channels: int = 3):
        super().__init__()
        self.features, feature_size = discriminator_features(width, size, channels)
        self.real_head = spectral_norm(nn.Linear(feature_size, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x C x S x S in [-1, 1] -> logits N, positive for real."""
        return self.real_head(self.features(channels_last(images))).squeeze(1)
