"""Classifier of small colour photographs: a residual network of seven convolutions."""

from collections.abc import Sequence

from torch import Tensor, nn

from models.blocks import channels_last

CLASSES = 10
DROPOUT = 0.2  # before the last layer; less than the usual half, since 128 numbers are few


class SmallResNet(nn.Module):
    """464,170 parameters at the default channels, 465,706 with a stride of 3.

    He et al., "Deep residual learning for image recognition", 2016. Most parameters work on 8x8 maps and most
    activations are of 32 channels, so that a step is cheap on a CPU. With stride 3 images of 96x96 pixels give the same
    maps as images of 32x32 with stride 1.
    """

    def __init__(self, channels: Sequence[int] = (32, 64, 128), stride: int = 1):
        super().__init__()
        self.arguments = dict(channels=list(channels), stride=stride)
        low, middle, high = channels
        self.features = nn.Sequential(  # 3 x 32 x 32
            relu_block(3, low, kernel=3 if stride == 1 else stride + 2, stride=stride),  # low x 32 x 32
            relu_block(low, middle, stride=2),  # middle x 16 x 16
            TwoConvolutions(middle),
            relu_block(middle, high, stride=2),  # high x 8 x 8
            TwoConvolutions(high),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(DROPOUT),
        )
        self.head = nn.Linear(high, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x S x S in [-1, 1] -> logits N x 10; in eval mode the mean over an image and its mirror."""
        images = channels_last(images)
        if self.training:
            return self.head(self.features(images))
        return (self.head(self.features(images)) + self.head(self.features(images.flip(3)))) / 2


class TwoConvolutions(nn.Module):
    """Two convolutions beside the identity."""

    def __init__(self, channels: int):
        super().__init__()
        self.block = nn.Sequential(relu_block(channels, channels), relu_block(channels, channels))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.block(maps)


def relu_block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
