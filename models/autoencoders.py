"""Autoencoders of 28x28 grey digits: one of linear layers, one of convolutions."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from models.cycle_spinning import mean_over_shifts


class LinearAutoencoder(nn.Module):
    """784-128-64-32-15 numbers and back, 223,391 parameters.

    ReLU lies between the layers, none follows the code. Hinton & Salakhutdinov, "Reducing the
    dimensionality of data with neural networks", 2006.
    """

    def __init__(self, sizes: Sequence[int] = (784, 128, 64, 32, 15), reach: int = 0):
        super().__init__()
        self.arguments = dict(sizes=list(sizes), reach=reach)
        self.reach = reach
        self.encoder = linear_layers(sizes)
        self.decoder = linear_layers(sizes[::-1])

    def encode(self, images: Tensor) -> Tensor:
        """Images N x 1 x 28 x 28 in [0, 1] -> codes N x 15."""
        return self.encoder(images.flatten(1))

    def decode(self, codes: Tensor) -> Tensor:
        """Codes N x 15 -> images N x 1 x 28 x 28 in [0, 1]."""
        return self.decoder(codes).sigmoid().view(-1, 1, 28, 28)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 28 x 28 in [0, 1] -> the network's answer, of the same shape and range."""
        return self.decode(self.encode(images))

    def transform(self, images: Tensor) -> Tensor:
        """The same, mean over shifts of up to `reach` pixels."""
        return mean_over_shifts(self, images, self.reach)


class ConvolutionalAutoencoder(nn.Module):
    """Convolutions, a max pooling that keeps where each maximum lay, and back; 33,838 parameters.

    A code is 15 maps of 3x3 numbers, and for each number which of 2x2 places it came from. The
    decoder puts the number back into that place and 0 into the other three (Zeiler & Fergus,
    "Visualizing and understanding convolutional networks", 2014). The strides carry no padding, so
    the maps measure 13 and then 6, and 2x2 windows cover all of them. With keep_places=False every
    number goes to the first of its four places: what the places are worth.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 15), keep_places: bool = True, reach: int = 0):
        super().__init__()
        self.arguments = dict(channels=list(channels), keep_places=keep_places, reach=reach)
        self.reach = reach
        self.keep_places = keep_places
        first, second, code = channels
        self.encoder = nn.Sequential(  # 1 x 28 x 28
            nn.Conv2d(1, first, kernel_size=3, stride=2),
            *after(first),  # first x 13 x 13
            nn.Conv2d(first, second, kernel_size=3, stride=2),
            *after(second),  # second x 6 x 6
            nn.Conv2d(second, code, kernel_size=5, padding=2),
            nn.BatchNorm2d(code),  # code x 6 x 6: a ReLU here would leave the code half of its numbers' range
        )
        self.decoder = nn.Sequential(  # code x 6 x 6
            nn.ConvTranspose2d(code, second, kernel_size=5, padding=2),
            *after(second),  # second x 6 x 6
            nn.ConvTranspose2d(second, first, kernel_size=3, stride=2),
            *after(first),  # first x 13 x 13
            nn.ConvTranspose2d(first, 1, kernel_size=3, stride=2, output_padding=1),  # 1 x 28 x 28
            nn.Sigmoid(),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x 1 x 28 x 28 in [0, 1] -> maxima N x 15 x 3 x 3, and the flat index of each in its map."""
        maps = self.encoder(images)
        maxima, indices = F.max_pool2d(maps, 2, return_indices=True)
        return maxima, indices if self.keep_places else first_places(indices, maps.shape[3])

    def decode(self, maxima: Tensor, indices: Tensor) -> Tensor:
        """What `encode` returns -> images N x 1 x 28 x 28 in [0, 1]."""
        return self.decoder(F.max_unpool2d(maxima, indices, 2))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 28 x 28 in [0, 1] -> the network's answer, of the same shape and range."""
        return self.decode(*self.encode(images))

    def transform(self, images: Tensor) -> Tensor:
        """The same, mean over shifts of up to `reach` pixels."""
        return mean_over_shifts(self, images, self.reach)


def first_places(indices: Tensor, width: int) -> Tensor:
    """Flat indices N x C x H x W into maps of that width -> those of the first place of each 2x2 window."""
    rows, columns = indices // width // 2 * 2, indices % width // 2 * 2
    return rows * width + columns


def linear_layers(sizes: Sequence[int]) -> nn.Sequential:
    """A linear layer from each size to the next, ReLU between them."""
    layers = [nn.Linear(*pair) for pair in zip(sizes, sizes[1:])]
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU())))[:-1]


def after(channels: int) -> tuple[nn.Module, nn.Module]:
    """Batch norm and SiLU: what follows a convolution (Hendrycks & Gimpel, "Gaussian error linear units", 2016)."""
    return nn.BatchNorm2d(channels), nn.SiLU()
