"""Symmetric encoder-decoder that marks the tumour in a slice (Ronneberger et al., "U-Net: Convolutional networks for
biomedical image segmentation", 2015)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEAD = 0.4  # of a slice's own brightness; the background and the ventricles are darker, the brain is brighter


class Segmenter(nn.Module):
    """A U-Net at half the slice's resolution: a stem with stride 2 before it, an enlargement by 2 after it.

    495,233 parameters with these channels. Every level of the encoder has its partner in the decoder, and
    paddings keep each partner's size. It reads one slice alone, without its neighbours.
    """

    def __init__(self, channels: tuple[int, ...] = (16, 32, 48, 64, 96)):
        super().__init__()
        self.arguments = dict(channels=tuple(channels))
        self.multiple = 2 ** len(channels)
        pairs = list(zip(channels[:-1], channels[1:], strict=True))
        self.stem = nn.Sequential(block(1, channels[0], kernel=4, stride=2), block(channels[0], channels[0]))
        self.down = nn.ModuleList(nn.Sequential(block(low, high, stride=2), block(high, high)) for low, high in pairs)
        self.up = nn.ModuleList(nn.Sequential(block(low + high, low), block(low, low)) for low, high in pairs)
        self.head = nn.ConvTranspose2d(channels[0], 1, kernel_size=4, stride=2, padding=1)

    def forward(self, slices: Tensor) -> Tensor:
        """Slices N x 1 x H x W in [0, 1], of any scale of brightness -> logits of the tumour, N x 1 x H x W."""
        height, width = slices.shape[-2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        x = F.pad(standardised(slices), padding, mode="replicate").contiguous(memory_format=torch.channels_last)
        levels = [self.stem(x)]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = levels.pop()
        for up in reversed(self.up):
            x = up(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), levels.pop()], dim=1))
        return self.head(x)[..., :height, :width]

    def transform(self, slices: Tensor) -> Tensor:
        """Slices N x 1 x H x W in [0, 1] -> masks: 1 where a slice and its mirror image say tumour on average."""
        return (self(slices) + self(slices.flip(3)).flip(3) > 0).to(slices.dtype)


def block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1)
    )


def standardised(slices: Tensor) -> Tensor:
    """Each slice with its head's own mean 0 and deviation 1: scanners differ fivefold in brightness.

    A slice's brightness is its mean weighted by itself, which does not depend on how much black lies around
    the head. An all-black slice becomes all zero.
    """
    brightness = slices.square().sum((1, 2, 3), keepdim=True) / slices.sum((1, 2, 3), keepdim=True).clamp(min=1e-6)
    head = slices > HEAD * brightness
    count = head.sum((1, 2, 3), keepdim=True).clamp(min=1)
    mean = (slices * head).sum((1, 2, 3), keepdim=True) / count
    variance = ((slices - mean).square() * head).sum((1, 2, 3), keepdim=True) / count
    return (slices - mean) / (variance + 1e-6).sqrt()
