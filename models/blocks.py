"""What several networks are built from. Sizes are heights and widths of square images, in pixels."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def conv_block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.1, inplace=True),
    )


class Residual(nn.Module):
    """A convolution beside the identity (He et al., "Deep residual learning", 2016)."""

    def __init__(self, channels: int):
        super().__init__()
        self.block = conv_block(channels, channels)

    def forward(self, images: Tensor) -> Tensor:
        return images + self.block(images)


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


def halvings(size: int, smallest: int) -> int:
    """How often a size is halved until `smallest` is left. Raises ValueError where it never is."""
    count = (size // smallest).bit_length() - 1
    if count < 1 or size != smallest << count:
        raise ValueError(f"images of size {size}: give {smallest} times a power of two")
    return count


def sixteenth(size: int) -> int:
    """What four halvings leave. Raises ValueError where one of them is not even."""
    if size < 16 or size % 16:
        raise ValueError(f"images of size {size}: give a multiple of 16")
    return size // 16


def channels_last(images: Tensor) -> Tensor:
    """The memory layout in which convolutions are fastest on a CPU."""
    return images.contiguous(memory_format=torch.channels_last)


class LatentModel(nn.Module):
    """Images N x C x S x S in [-1, 1] and latents N x L; a subclass has `encode` and `paint`."""

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x C x S x S in [-1, 1]."""
        return self.paint(latents).clamp(-1, 1)

    def sample(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size from N(0, I), taken for latents -> images N x C x S x S in [-1, 1]."""
        return self.decode(noise)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x C x S x S in [-1, 1] -> their reconstructions from the mean."""
        return self.decode(self.encode(images)[0])

    transform = forward


@torch.no_grad()
def set_components(
    encoder: nn.Linear, decoder: nn.Linear, mean: Tensor, directions: Tensor, variances: Tensor, noise: float
) -> Tensor:
    """Sets both linear maps to the best ones for pixels of that noise variance; returns the latents' log-variances L.

    Tipping & Bishop, "Probabilistic principal component analysis", 1999: the mean D, the first L principal
    directions D x L and the variances along them L.
    """
    signal = (variances - noise).clamp(min=1e-3 * noise)  # what a component is above the noise
    decoder.weight.copy_(directions * signal.sqrt())
    decoder.bias.copy_(mean)
    encoder.weight.copy_((directions * signal.sqrt() / (signal + noise)).T)
    encoder.bias.copy_(-encoder.weight @ mean)
    return (noise / (signal + noise)).log()
