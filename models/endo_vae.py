"""EndoVAE: endoscopy pictures to a few numbers and back (Diamantis et al., "EndoVAE: Generating endoscopic images with
a variational autoencoder", 2022)."""

from typing import Literal

import torch
from torch import Tensor, nn

SIZE = 96
FILTERS = (16, 32, 32, 64, 128, 256)  # of the encoder's convolutions
DECODER_FILTERS = (256, 128, 64, 64, 32, 32, 3)  # of the decoder's transposed convolutions
HIDDEN = 256  # numbers between the encoder's last picture and the latents
# Strides of the encoder and of the decoder: the brief ends at 6x6, the paper's figure at 12x12.
STEMS = {
    "brief": ((1, 2, 2, 2, 1, 2), (1, 2, 2, 1, 2, 2, 1)),
    "paper": ((1, 1, 2, 2, 1, 2), (1, 2, 2, 1, 2, 1, 1)),
}


class EndoVae(nn.Module):
    """Six convolutions to the mean and log-variance of the latents, seven transposed ones back.

    3,853,423 parameters with the brief's stem and six latents, 11,124,847 with the paper's. There is no batch
    norm, as in the paper.
    """

    def __init__(self, latent_size: int = 6, stem: Literal["brief", "paper"] = "brief"):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, stem=stem)
        self.latent_size = self.noise_size = latent_size
        strides, decoder_strides = STEMS[stem]
        self.grid = SIZE // 2 ** strides.count(2)
        numbers = FILTERS[-1] * self.grid**2
        self.encoder = nn.Sequential(
            *convolutions(strides),  # 3 x 96 x 96 -> 256 x grid x grid
            nn.Flatten(),
            nn.Linear(numbers, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, 2 * latent_size),
        )
        self.linear = nn.Linear(latent_size, numbers)
        self.decoder = nn.Sequential(*transposed_convolutions(decoder_strides))  # 256 x grid x grid -> 3 x 96 x 96
        self.apply(initialise)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images N x 3 x 96 x 96 in [0, 1] -> mean and log-variance of their latents, each N x L."""
        return self.encoder(images.contiguous(memory_format=torch.channels_last)).chunk(2, dim=1)

    def logits(self, latents: Tensor) -> Tensor:
        """Latents N x L -> what the sigmoid makes images of, N x 3 x 96 x 96."""
        start = self.linear(latents).relu().view(-1, FILTERS[-1], self.grid, self.grid)
        return self.decoder(start.contiguous(memory_format=torch.channels_last))

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x 3 x 96 x 96 in [0, 1]."""
        return self.logits(latents).sigmoid()

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions from the mean."""
        return self.decode(self.encode(images)[0])

    def transform(self, images: Tensor) -> Tensor:
        """Reconstructions, as `forward`."""
        return self(images)

    def sample(self, noise: Tensor) -> Tensor:
        """Noise N x L from N(0, I), taken for latents -> images N x 3 x 96 x 96 in [0, 1]."""
        return self.decode(noise)


def initialise(layer: nn.Module) -> None:
    """He et al., "Delving deep into rectifiers", 2015: without batch norm, PyTorch's own weights would let the signal
    fade by a factor of two a layer. With stride 2 a transposed one has a quarter of its inputs at each pixel."""
    if isinstance(layer, nn.Linear):
        inputs = layer.in_features
    elif isinstance(layer, nn.Conv2d):
        inputs = 9 * layer.in_channels
    elif isinstance(layer, nn.ConvTranspose2d):
        inputs = 9 * layer.in_channels / layer.stride[0] ** 2
    else:
        return
    nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5)
    nn.init.zeros_(layer.bias)


def convolutions(strides: tuple[int, ...]) -> list[nn.Module]:
    layers, inputs = [], 3
    for filters, stride in zip(FILTERS, strides, strict=True):
        layers += [nn.Conv2d(inputs, filters, kernel_size=3, stride=stride, padding=1), nn.ReLU()]
        inputs = filters
    return layers


def transposed_convolutions(strides: tuple[int, ...]) -> list[nn.Module]:
    """A ReLU between them; none after the last, since the sigmoid follows."""
    layers, inputs = [], FILTERS[-1]
    for filters, stride in zip(DECODER_FILTERS, strides, strict=True):
        layers += [nn.ConvTranspose2d(inputs, filters, 3, stride, padding=1, output_padding=stride - 1), nn.ReLU()]
        inputs = filters
    return layers[:-1]
