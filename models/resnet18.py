"""ResNet-18 without its last layer."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.blocks import channels_last

# What ImageNet's images were normalised with, for pixels in [0, 1].
IMAGENET = dict(mean=[0.485, 0.456, 0.406], deviation=[0.229, 0.224, 0.225])


class ResNet18(nn.Module):
    """torchvision's network: 11,176,512 parameters, 512 features.

    He et al., "Deep residual learning for image recognition", 2016. Images of any size become size x size first, and
    pixels in [0, 1] lose `mean` and are divided by `deviation`.
    """

    outputs = 512

    def __init__(self, size: int = 48, mean: list[float] = [0.5] * 3, deviation: list[float] = [0.5] * 3):
        from torchvision.models import resnet18  # takes seconds: not for the other networks' users

        super().__init__()
        self.arguments = dict(size=size, mean=mean, deviation=deviation)
        self.size = size
        self.network = resnet18(weights=None)
        self.network.fc = nn.Identity()
        for name, colours in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(name, torch.tensor(colours)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x H x W in [-1, 1] -> features N x 512."""
        if images.shape[-1] != self.size:
            images = F.interpolate(images, self.size, mode="bilinear")
        return self.network(channels_last(((images + 1) / 2 - self.mean) / self.deviation))
