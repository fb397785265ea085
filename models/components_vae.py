"""VAE of square images that rests on principal components: the baseline of models/vae.py."""

import torch
from torch import Tensor, nn

from models.blocks import LatentModel, Residual, channels_last, conv_block, set_components, sixteenth, up_block


class Refiner(nn.Module):
    """An hourglass of convolutions that adds detail to a blurred image; silent at first."""

    def __init__(self, width: int, channels: int):  # C x 64 x 64, and so on for other sizes
        super().__init__()
        self.down1 = conv_block(channels, width, kernel=4, stride=2)  # w x 32 x 32
        self.down2 = conv_block(width, 2 * width, kernel=4, stride=2)  # 2w x 16 x 16
        self.down3 = conv_block(2 * width, 4 * width, kernel=4, stride=2)  # 4w x 8 x 8
        self.middle = nn.Sequential(Residual(4 * width), Residual(4 * width))
        self.up3 = up_block(4 * width, 2 * width)  # 2w x 16 x 16
        self.up2 = up_block(4 * width, width)  # w x 32 x 32
        self.up1 = nn.ConvTranspose2d(2 * width, channels, kernel_size=4, stride=2, padding=1)  # C x 64 x 64
        nn.init.zeros_(self.up1.weight)
        nn.init.zeros_(self.up1.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x C x S x S -> what to add to them."""
        half = self.down1(channels_last(images))
        quarter = self.down2(half)
        eighth = self.middle(self.down3(quarter))
        wide = torch.cat([self.up3(eighth), quarter], dim=1)
        return self.up1(torch.cat([self.up2(wide), half], dim=1))


class ComponentsVae(LatentModel):
    """Encoder to mean and log-variance of a latent vector, decoder back to the image.

    Each is a linear map, then convolutions. With the convolutions silent it is probabilistic
    principal component analysis, the best linear VAE there is (Lucas et al., "Don't blame the
    ELBO!", 2019), and `start_from_components` makes it that: training begins with blurred images,
    not with noise. The linear maps then stay; the convolutions learn what they miss.
    """

    def __init__(self, latent_size: int = 256, width: int = 32, size: int = 64, channels: int = 3):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, width=width, size=size, channels=channels)
        self.latent_size = self.noise_size = latent_size
        self.shape = (channels, size, size)
        self.linear_encoder = nn.Linear(channels * size**2, latent_size).requires_grad_(False)
        self.encoder = nn.Sequential(  # C x 64 x 64, and so on for other multiples of 16
            conv_block(channels, width, kernel=4, stride=2),  # w x 32 x 32
            conv_block(width, 2 * width, kernel=4, stride=2),  # 2w x 16 x 16
            conv_block(2 * width, 4 * width, kernel=4, stride=2),  # 4w x 8 x 8
            conv_block(4 * width, 4 * width, kernel=4, stride=2),  # 4w x 4 x 4
            nn.Flatten(),
            nn.Linear(4 * width * sixteenth(size) ** 2, 2 * latent_size),
        )
        self.linear_decoder = nn.Linear(latent_size, channels * size**2).requires_grad_(False)
        self.refiner = Refiner(width, channels)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x C x S x S in [-1, 1] -> mean and log-variance of their latents, each N x L."""
        mean, log_variance = self.encoder(channels_last(images)).chunk(2, dim=1)
        return mean + self.linear_encoder(images.flatten(1)), log_variance

    def paint(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x C x S x S that may leave [-1, 1]: what training compares."""
        blurred = self.linear_decoder(latents).view(-1, *self.shape)
        return blurred + self.refiner(blurred)

    @torch.no_grad()
    def start_from_components(self, mean: Tensor, directions: Tensor, variances: Tensor, noise: float) -> None:
        """From the principal components of images, with the encoder's convolutions silent (models/blocks.py)."""
        log_variances = set_components(self.linear_encoder, self.linear_decoder, mean, directions, variances, noise)
        nn.init.zeros_(self.encoder[-1].weight)
        nn.init.zeros_(self.encoder[-1].bias)
        self.encoder[-1].bias[self.latent_size :] = log_variances
