"""VAE of 64x64 faces, with an optional second VAE that has learned where faces lie among the latents.

Kingma & Welling, "Auto-encoding variational Bayes", 2014; the second stage follows Dai & Wipf,
"Diagnosing and enhancing VAE models", 2019.
"""

import torch
from torch import Tensor, nn

from models.digit_classifier import conv_block
from models.gan import generator_layers

PIXELS = 3 * 64 * 64


class Vae(nn.Module):
    """Encoder to mean and log-variance of a latent vector, decoder back to the image.

    Each is a linear map plus a chain of convolutions. With the convolutions silent it is
    probabilistic principal component analysis, the best linear VAE there is (Lucas et al., "Don't
    blame the ELBO!", 2019), and `start_from_components` makes it that: training begins with blurred
    faces, not with noise. The linear maps then stay; the convolutions learn what they miss.

    `prior_size` adds the second stage: a VAE with a latent vector of that size whose data are the
    latents of the first. `sample` then starts from its noise.
    """

    def __init__(self, latent_size: int = 256, width: int = 16, prior_size: int | None = None):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, width=width, prior_size=prior_size)
        self.latent_size = latent_size
        self.encoder = nn.Sequential(                                # 3 x 64 x 64
            conv_block(3, width, kernel=4, stride=2),                # w x 32 x 32
            conv_block(width, 2 * width, kernel=4, stride=2),        # 2w x 16 x 16
            conv_block(2 * width, 4 * width, kernel=4, stride=2),    # 4w x 8 x 8
            conv_block(4 * width, 8 * width, kernel=4, stride=2),    # 8w x 4 x 4
            nn.Flatten(),
            nn.Linear(8 * width * 4 * 4, 2 * latent_size),
        )
        self.decoder = generator_layers(latent_size, width)[:-1]     # without its tanh
        self.linear_encoder = nn.Linear(PIXELS, latent_size).requires_grad_(False)
        self.linear_decoder = nn.Linear(latent_size, PIXELS).requires_grad_(False)
        self.prior = LatentVae(latent_size, prior_size) if prior_size else None

    @property
    def noise_size(self) -> int:
        """Numbers from N(0, I) that make one sample."""
        return self.prior.noise_size if self.prior else self.latent_size

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x 3 x 64 x 64 in [-1, 1] -> mean and log-variance of their latents, each N x L."""
        mean, log_variance = self.encoder(images.contiguous(memory_format=torch.channels_last)).chunk(2, dim=1)
        return mean + self.linear_encoder(images.flatten(1)), log_variance

    def paint(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x 3 x 64 x 64 that may leave [-1, 1]: what training compares."""
        return self.linear_decoder(latents).view(-1, 3, 64, 64) + self.decoder(latents)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x 3 x 64 x 64 in [-1, 1]."""
        return self.paint(latents).clamp(-1, 1)

    def sample(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size from N(0, I) -> images N x 3 x 64 x 64 in [-1, 1]."""
        return self.decode(self.prior.sample(noise) if self.prior else noise)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions from the mean."""
        return self.decode(self.encode(images)[0])

    @torch.no_grad()
    def start_from_components(self, mean: Tensor, directions: Tensor, variances: Tensor, noise: float) -> None:
        """Sets the linear maps to the best ones for pixels of that noise variance, and silences the rest.

        Tipping & Bishop, "Probabilistic principal component analysis", 1999: the mean face 12288, the
        first L principal directions 12288 x L and the images' variances along them L.
        """
        signal = (variances - noise).clamp(min=1e-3 * noise)  # what a component is above the noise
        self.linear_decoder.weight.copy_(directions * signal.sqrt())
        self.linear_decoder.bias.copy_(mean)
        self.linear_encoder.weight.copy_((directions * signal.sqrt() / (signal + noise)).T)
        self.linear_encoder.bias.copy_(-self.linear_encoder.weight @ mean)
        for layer in (self.encoder[-1], self.decoder[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.encoder[-1].bias[self.latent_size:] = (noise / (signal + noise)).log()


class LatentVae(nn.Module):
    """A VAE whose data are latent vectors N x L; the decoder has a learned variance for each coordinate."""

    def __init__(self, data_size: int, latent_size: int, hidden: int = 512):
        super().__init__()
        self.latent_size = latent_size
        self.noise_size = latent_size + data_size
        self.encoder = _perceptron(data_size, hidden, 2 * latent_size)
        self.decoder = _perceptron(latent_size, hidden, data_size)
        self.log_variance = nn.Parameter(torch.zeros(data_size))

    def encode(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors N x L -> mean and log-variance of their latents, each N x latent_size."""
        return self.encoder(data).chunk(2, dim=1)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x latent_size -> the mean of the vectors N x L."""
        return self.decoder(latents)

    def sample(self, noise: Tensor) -> Tensor:
        """Noise N x (latent_size + L) -> vectors N x L: the mean, and its Gaussian noise about it."""
        latents, deviations = noise.split([self.latent_size, noise.shape[1] - self.latent_size], dim=1)
        return self.decode(latents) + (0.5 * self.log_variance).exp() * deviations


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.SiLU(),
        nn.Linear(hidden, hidden), nn.SiLU(),
        nn.Linear(hidden, outputs),
    )
