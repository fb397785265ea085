"""Autoencoder of 96x96 colour photographs."""

from collections.abc import Sequence

from torch import Tensor, nn

from models.blocks import channels_last


class PhotoEncoder(nn.Sequential):
    """Four convolutions; 97,584 parameters. Images N x 3 x 96 x 96 in [-1, 1] -> codes N x 48 x 8 x 8."""

    def __init__(self, channels: Sequence[int] = (24, 48, 64, 48)):
        first, second, third, code = channels
        super().__init__(  # 3 x 96 x 96
            *block(nn.Conv2d(3, first, kernel_size=5, stride=3, padding=1)),  # first x 32 x 32
            *block(nn.Conv2d(first, second, kernel_size=4, stride=2, padding=1)),  # second x 16 x 16
            *block(nn.Conv2d(second, third, kernel_size=4, stride=2, padding=1)),  # third x 8 x 8
            *block(nn.Conv2d(third, code, kernel_size=3, padding=1)),  # code x 8 x 8
        )


class PhotoAutoencoder(nn.Module):
    """Four convolutions and four transposed ones, batch norm and ReLU between them; 195,027 parameters."""

    def __init__(self, channels: Sequence[int] = (24, 48, 64, 48)):
        super().__init__()
        self.arguments = dict(channels=list(channels))
        first, second, third, code = channels
        self.encoder = PhotoEncoder(channels)
        self.decoder = nn.Sequential(  # code x 8 x 8
            *block(nn.ConvTranspose2d(code, third, kernel_size=3, padding=1)),  # third x 8 x 8
            *block(nn.ConvTranspose2d(third, second, kernel_size=4, stride=2, padding=1)),  # second x 16 x 16
            *block(nn.ConvTranspose2d(second, first, kernel_size=4, stride=2, padding=1)),  # first x 32 x 32
            nn.ConvTranspose2d(first, 3, kernel_size=5, stride=3, padding=1),  # 3 x 96 x 96
            nn.Tanh(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x 96 x 96 in [-1, 1] -> their reconstructions, of the same shape and range."""
        return self.decoder(self.encoder(channels_last(images)))

    transform = forward


def block(convolution: nn.Module) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU()
