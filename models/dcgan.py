"""DCGAN of 64x64 faces, as the homework of 2019 describes it: the point that models/gan.py starts from.

Radford et al., "Unsupervised representation learning with deep convolutional GANs", 2016: no pooling,
batch norm in both networks, ReLU and tanh in the generator, LeakyReLU in the discriminator.
"""

from torch import Tensor, nn

from models.blocks import channels_last, up_block
from models.gan import initialise


def strided_block(inputs: int, outputs: int) -> nn.Sequential:
    """Half the height and width, under batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.2, inplace=True),
    )


class DcganGenerator(nn.Module):
    """Noise from N(0, I) -> faces; 3,576,704 parameters at the defaults."""

    def __init__(self, noise_size: int = 100, width: int = 64):
        super().__init__()
        self.arguments = dict(noise_size=noise_size, width=width)
        self.noise_size = noise_size
        self.layers = nn.Sequential(  # noise x 1 x 1
            nn.ConvTranspose2d(noise_size, 8 * width, kernel_size=4, bias=False),  # 8w x 4 x 4
            nn.BatchNorm2d(8 * width),
            nn.ReLU(inplace=True),
            up_block(8 * width, 4 * width),  # 4w x 8 x 8
            up_block(4 * width, 2 * width),  # 2w x 16 x 16
            up_block(2 * width, width),  # w x 32 x 32
            nn.ConvTranspose2d(width, 3, kernel_size=4, stride=2, padding=1, bias=False),  # 3 x 64 x 64
            nn.Tanh(),
        )
        initialise(self)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size -> images N x 3 x 64 x 64 in [-1, 1]."""
        return self.layers(noise[:, :, None, None])

    sample = forward


class DcganDiscriminator(nn.Module):
    """Faces -> how real they look; 2,765,568 parameters at the default width.

    The first layer has no batch norm, as in the paper: the image's own mean and contrast would be lost.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(  # 3 x 64 x 64
            nn.Conv2d(3, width, kernel_size=4, stride=2, padding=1, bias=False),  # w x 32 x 32
            nn.LeakyReLU(0.2, inplace=True),
            strided_block(width, 2 * width),  # 2w x 16 x 16
            strided_block(2 * width, 4 * width),  # 4w x 8 x 8
            strided_block(4 * width, 8 * width),  # 8w x 4 x 4
            nn.Conv2d(8 * width, 1, kernel_size=4, bias=False),  # 1 x 1 x 1
            nn.Flatten(0),
        )
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x 64 x 64 in [-1, 1] -> logits N, positive for real."""
        return self.layers(channels_last(images))
