"""Symmetric encoder-decoder that marks the tumour in a slice (Ronneberger et al., "U-Net: Convolutional networks for
biomedical image segmentation", 2015)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.blocks import conv_block

SCALES = (1, 0.85, 1.2)  # of the views, within those of the training
LEVELS = tuple(step / 20 for step in range(2, 20))  # of probability, 0.1 to 0.95: finer steps gained nothing
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
        self.stem = nn.Sequential(conv_block(1, channels[0], kernel=4, stride=2), conv_block(channels[0], channels[0]))
        self.down = nn.ModuleList(
            nn.Sequential(conv_block(low, high, stride=2), conv_block(high, high)) for low, high in pairs
        )
        self.up = nn.ModuleList(nn.Sequential(conv_block(low + high, low), conv_block(low, low)) for low, high in pairs)
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
        """Slices N x 1 x H x W in [0, 1] -> masks 0 or 1: the best bet on the mean probability of six views."""
        return best_bet(self.probabilities(slices)).to(slices.dtype)

    def probabilities(self, slices: Tensor) -> Tensor:
        """The tumour's probability at each pixel: the mean over three scales of a slice, each mirrored too."""
        size = slices.shape[-2:]
        views = []
        for scale in SCALES:
            view = resized(slices, [max(round(scale * side), 1) for side in size])
            for flipped in (False, True):
                probability = self(view.flip(3) if flipped else view).sigmoid()
                views.append(resized(probability.flip(3) if flipped else probability, size))
        return torch.stack(views).mean(0)


def best_bet(probabilities: Tensor) -> Tensor:
    """Masks, bool, of the pixels above the level at which the expected Dice is largest, a level for each slice.

    The less certain a slice, the lower its level (Lipton et al., "Optimal thresholding of classifiers to maximize F1
    measure", 2014). A slice that nowhere reaches the lowest level stays without a mask.
    """
    expected = torch.stack([expected_dice(probabilities, level) for level in LEVELS])
    best = torch.tensor(LEVELS, device=probabilities.device)[expected.argmax(0)]
    return probabilities > best.view(-1, 1, 1, 1)


def expected_dice(probabilities: Tensor, level: float) -> Tensor:
    """The Dice that the probabilities expect of each slice, if the pixels above the level are marked: N."""
    above = probabilities > level
    inside, marked = (probabilities * above).sum((1, 2, 3)), above.sum((1, 2, 3))
    return 2 * inside / (marked + probabilities.sum((1, 2, 3))).clamp(min=1)


def resized(maps: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(maps, size=list(size), mode="bilinear", align_corners=False)


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
