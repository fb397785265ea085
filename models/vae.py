"""VAE of square images (Kingma & Welling, "Auto-encoding variational Bayes", 2014)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.blocks import LatentModel, Residual, channels_last, conv_block, set_components, sixteenth, up_block


def halved_block(inputs: int, outputs: int) -> nn.Sequential:
    """Half the height and width."""
    return nn.Sequential(conv_block(inputs, outputs, kernel=4, stride=2), Residual(outputs))


def doubled_block(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the height and width."""
    return nn.Sequential(up_block(inputs, outputs), Residual(outputs))


class Encoder(nn.Module):
    """An image -> mean and log-variance of its latents: a linear map of its sketch, and what convolutions add."""

    def __init__(self, latent_size: int, width: int, size: int, channels: int):
        super().__init__()
        self.linear = nn.Linear(channels * (size // 2) ** 2, latent_size)
        self.convolutions = nn.Sequential(  # C x 64 x 64, and so on for other multiples of 16
            conv_block(channels, width, kernel=4, stride=2),  # w x 32 x 32
            halved_block(width, 2 * width),  # 2w x 16 x 16
            halved_block(2 * width, 4 * width),  # 4w x 8 x 8
            halved_block(4 * width, 8 * width),  # 8w x 4 x 4
            nn.Flatten(),
            nn.Linear(8 * width * sixteenth(size) ** 2, 2 * latent_size),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x C x S x S in [-1, 1] -> mean and log-variance, each N x L."""
        mean, log_variance = self.convolutions(channels_last(images)).chunk(2, dim=1)
        return mean + self.linear(sketches(images).flatten(1)), log_variance


class Decoder(nn.Module):
    """Latents -> an image: a linear sketch of it, enlarged, and what convolutions add to that.

    The convolutions start from the latents too, and see the sketch at each of its sizes: where the
    parts of this image lie need not be found again.
    """

    def __init__(self, latent_size: int, width: int, size: int, channels: int):
        super().__init__()
        self.shape, smallest = (channels, size // 2, size // 2), sixteenth(size)
        self.linear = nn.Linear(latent_size, channels * (size // 2) ** 2)
        self.seed = nn.Sequential(
            nn.Linear(latent_size, 8 * width * smallest**2, bias=False),
            nn.Unflatten(1, (8 * width, smallest, smallest)),
            nn.BatchNorm2d(8 * width),
            nn.LeakyReLU(0.1, inplace=True),
            Residual(8 * width),  # 8w x 4 x 4
        )
        self.up_to_8 = doubled_block(8 * width, 4 * width)  # 4w x 8 x 8
        self.up_to_16 = doubled_block(4 * width + channels, 2 * width)  # 2w x 16 x 16
        self.up_to_32 = doubled_block(2 * width + channels, width)  # w x 32 x 32
        self.detail = nn.Sequential(
            conv_block(width + channels, width),
            Residual(width),  # w x 32 x 32
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),  # C x 64 x 64
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x C x S x S that may leave [-1, 1]."""
        sketch = self.linear(latents).view(-1, *self.shape)
        features = self.up_to_8(channels_last(self.seed(latents)))
        features = self.up_to_16(torch.cat([features, F.avg_pool2d(sketch, 4)], dim=1))
        features = self.up_to_32(torch.cat([features, F.avg_pool2d(sketch, 2)], dim=1))
        detail = self.detail(torch.cat([features, sketch], dim=1))
        return detail + F.interpolate(sketch, scale_factor=2, mode="bilinear", align_corners=False)


class Vae(LatentModel):
    """Encoder to mean and log-variance of a latent vector, decoder back to the image; 7,687,075 parameters by default.

    Each is a residual convolutional network beside a linear map of the sketch, the image at half its
    resolution. `start_from_components` makes the linear maps principal components, the best linear VAE
    (Lucas et al., "Don't blame the ELBO!", 2019), and silences the convolutions: training begins with
    blurred images, not with noise. All of it then learns.
    """

    def __init__(self, latent_size: int = 256, width: int = 32, size: int = 64, channels: int = 3):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, width=width, size=size, channels=channels)
        self.latent_size = self.noise_size = latent_size
        self.encoder = Encoder(latent_size, width, size, channels)
        self.decoder = Decoder(latent_size, width, size, channels)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x C x S x S in [-1, 1] -> mean and log-variance of their latents, each N x L."""
        return self.encoder(images)

    def paint(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x C x S x S that may leave [-1, 1]: what training compares."""
        return self.decoder(latents)

    @torch.no_grad()
    def start_from_components(self, mean: Tensor, directions: Tensor, variances: Tensor, noise: float) -> None:
        """From the principal components of sketches, with the convolutions silent (models/blocks.py)."""
        log_variances = set_components(self.encoder.linear, self.decoder.linear, mean, directions, variances, noise)
        for last in (self.encoder.convolutions[-1], self.decoder.detail[-1]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.encoder.convolutions[-1].bias[self.latent_size :] = log_variances


def sketches(images: Tensor) -> Tensor:
    """Images N x C x S x S -> half their height and width, each pixel the mean of four."""
    return F.avg_pool2d(images, 2)
