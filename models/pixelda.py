"""PixelDA: a generator that redraws source images in the target's look, its discriminator, and the classifier that
both looks share.

Bousmalis et al., "Unsupervised pixel-level domain adaptation with generative adversarial networks", 2017; numbers
that the paper leaves out are the authors' code's. Images are N x 3 x S x S in [-1, 1].
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.blocks import channels_last

# TensorFlow's words for it: decay 0.9.
NORM = {"eps": 1e-3, "momentum": 0.1}
WEIGHT_DEVIATION = 0.02


class PixelDa(nn.Module):
    """What is kept of a training: the generator, and the classifier whose branch for the target's look predicts.

    821,501 parameters with the default size; `noise` False leaves the plane of noise out. Images that are to be read
    are in [low, 1], `low` 0 or -1.
    """

    def __init__(self, size: int = 32, noise: bool = True, low: int = -1):
        super().__init__()
        self.arguments = dict(size=size, noise=noise, low=low)
        self.low = low
        self.generator = PixelGenerator(size, noise)
        self.classifier = PixelClassifier(size)
        self.noise_size = self.generator.noise_size

    def features(self, images: Tensor) -> Tensor:
        """Images in the target's look -> features N x 100."""
        return self.classifier.features(self.signed(images))

    def forward(self, images: Tensor) -> Tensor:
        """Images in the target's look -> logits N x 10."""
        return self.classifier(self.signed(images))

    def signed(self, images: Tensor) -> Tensor:
        """In [low, 1] -> in [-1, 1]."""
        return images if self.low == -1 else 2 * images - 1

    def transform(self, images: Tensor, noise: Tensor) -> Tensor:
        """Source images and noise N x 10, uniform in [-1, 1] -> the same digits in the target's look."""
        return self.generator(images, noise)


class PixelGenerator(nn.Module):
    """A convolution, six residual blocks and a convolution at the images' own size; the noise becomes one more plane
    beside red, green and blue. 459,779 parameters with the default size, 445,891 without noise."""

    noise_size = 10

    def __init__(self, size: int = 32, noise: bool = True, width: int = 64, blocks: int = 6):
        super().__init__()
        self.plane = NoisePlane(self.noise_size, size) if noise else None
        self.layers = nn.Sequential(
            nn.Conv2d(3 + noise, width, 3, padding=1),
            nn.ReLU(inplace=True),
            *(ResidualBlock(width) for _ in range(blocks)),
            nn.Conv2d(width, 3, 1),
            nn.Tanh(),
        )
        self.apply(set_weights)

    def forward(self, images: Tensor, noise: Tensor) -> Tensor:
        """Source images and noise N x 10, uniform in [-1, 1] -> images in the target's look."""
        planes = [images] if self.plane is None else [images, self.plane(noise).to(images.dtype)]
        return self.layers(channels_last(torch.cat(planes, dim=1)))


class NoisePlane(nn.Sequential):
    """Noise N x 10 -> N x 1 x S x S."""

    def __init__(self, noise_size: int, size: int):
        super().__init__(
            nn.Linear(noise_size, size * size),
            nn.BatchNorm1d(size * size, **NORM),
            nn.ReLU(),
            nn.Unflatten(1, (1, size, size)),
        )


class ResidualBlock(nn.Module):
    """Two convolutions beside the identity, no ReLU after the sum."""

    def __init__(self, channels: int):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, **NORM),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, **NORM),
        )

    def forward(self, images: Tensor) -> Tensor:
        return images + self.block(images)


class PixelDiscriminator(nn.Module):
    """Real target images from generated ones: 64 filters at the images' own size, then three halvings. 1,560,065
    parameters.

    Dropout and noise after each layer keep it from winning. It judges a batch by the batch's own statistics, in
    evaluation too.
    """

    def __init__(self, size: int = 32, width: int = 64, halvings: int = 3):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, padding=1), *after_convolution()]
        for level in range(halvings):
            inputs, outputs = width << level, width << (level + 1)
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outputs, **NORM, track_running_stats=False),
                *after_convolution(),
            ]
            size = (size + 1) // 2
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(outputs * size * size, 1))
        self.apply(set_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> logits N, positive for real ones."""
        return self.layers(channels_last(images)).squeeze(1)


def after_convolution() -> tuple[nn.Module, ...]:
    return nn.LeakyReLU(0.2, inplace=True), nn.Dropout(0.1), GaussianNoise(0.2)


class GaussianNoise(nn.Module):
    """Adds it in evaluation too, as the authors' code does."""

    def __init__(self, deviation: float):
        super().__init__()
        self.deviation = deviation

    def forward(self, maps: Tensor) -> Tensor:
        count, channels, height, width = maps.shape
        # Drawn in the maps' own memory order: on a CPU `randn_like` takes ten times as long.
        noise = torch.randn(count, height, width, channels, device=maps.device).permute(0, 3, 1, 2)
        return maps + self.deviation * noise.to(maps.dtype)


class PixelClassifier(nn.Module):
    """Digits in either look: each has a first convolution of its own, the rest is shared. 361,722 parameters with
    the default size; no batch norm and no dropout. A classifier that learns without the other domain has one look."""

    def __init__(self, size: int = 32, looks: Sequence[str] = ("source", "target")):
        super().__init__()
        self.arguments = dict(size=size, looks=list(looks))
        self.first = nn.ModuleDict({look: first_layer() for look in looks})
        self.shared = nn.Sequential(
            nn.Conv2d(32, 48, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(48 * (size // 4) ** 2, 100),
            nn.ReLU(),
            nn.Linear(100, 100),
            nn.ReLU(),
        )
        self.label_head = nn.Linear(100, 10)
        self.apply(set_weights)

    def features(self, images: Tensor, look: str = "target") -> Tensor:
        """Images in the look of the "source" or of the "target" -> features N x 100."""
        return self.shared(self.first[look](channels_last(images)))

    def forward(self, images: Tensor, look: str = "target") -> Tensor:
        """Images in the look of the "source" or of the "target" -> logits N x 10."""
        return self.label_head(self.features(images, look))


def first_layer() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2))


def set_weights(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.normal_(layer.weight, std=WEIGHT_DEVIATION)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
