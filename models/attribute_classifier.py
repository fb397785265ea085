"""Names the 13 attributes of a face; its features measure how samples differ from real faces."""

from torch import Tensor, nn

from models.blocks import Residual, channels_last, conv_block, sixteenth


class AttributeClassifier(nn.Module):
    """Eight-convolution classifier, 1,417,789 parameters at the defaults. Its dropout was not tuned.

    The image size S is a multiple of 16; the last convolution is as large as what the others leave of it.
    """

    def __init__(self, width: int = 24, attributes: int = 13, dropout: float = 0.3, size: int = 64, channels: int = 3):
        super().__init__()
        self.arguments = dict(width=width, attributes=attributes, dropout=dropout, size=size, channels=channels)
        self.feature_size = 8 * width
        self.feature_extractor = nn.Sequential(  # C x 64 x 64, and so on for other sizes
            conv_block(channels, width, kernel=4, stride=2),  # w x 32 x 32
            conv_block(width, 2 * width, kernel=4, stride=2),  # 2w x 16 x 16
            Residual(2 * width),
            conv_block(2 * width, 4 * width, kernel=4, stride=2),  # 4w x 8 x 8
            Residual(4 * width),
            conv_block(4 * width, 8 * width, kernel=4, stride=2),  # 8w x 4 x 4
            Residual(8 * width),
            # 8w x 1 x 1: knows where each part lies
            conv_block(8 * width, 8 * width, kernel=sixteenth(size), padding=0),
            nn.Flatten(),
        )
        self.attribute_head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.feature_size, attributes))

    def features(self, images: Tensor) -> Tensor:
        """Images N x C x S x S in [-1, 1] -> features N x 8w."""
        return self.feature_extractor(channels_last(images))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x C x S x S in [-1, 1] -> logits N x attributes, in the order of the CSV's header."""
        return self.attribute_head(self.features(images))
