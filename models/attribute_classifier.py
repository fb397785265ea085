"""Names the 13 attributes of a face; its features measure how samples differ from real faces."""

import torch
from torch import Tensor, nn

from models.digit_classifier import Residual, conv_block


class AttributeClassifier(nn.Module):
    """Eight-convolution classifier of 64x64 faces, 1,417,789 parameters at width 24. Its dropout was not tuned."""

    def __init__(self, width: int = 24, attributes: int = 13, dropout: float = 0.3):
        super().__init__()
        self.arguments = dict(width=width, attributes=attributes, dropout=dropout)
        self.feature_size = 8 * width
        self.feature_extractor = nn.Sequential(                      # 3 x 64 x 64
            conv_block(3, width, kernel=4, stride=2),                # w x 32 x 32
            conv_block(width, 2 * width, kernel=4, stride=2),        # 2w x 16 x 16
            Residual(2 * width),
            conv_block(2 * width, 4 * width, kernel=4, stride=2),    # 4w x 8 x 8
            Residual(4 * width),
            conv_block(4 * width, 8 * width, kernel=4, stride=2),    # 8w x 4 x 4
            Residual(8 * width),
            conv_block(8 * width, 8 * width, kernel=4, padding=0),   # 8w x 1 x 1: knows where each part lies
            nn.Flatten(),
        )
        self.attribute_head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.feature_size, attributes))

    def features(self, images: Tensor) -> Tensor:
        """Images N x 3 x 64 x 64 in [-1, 1] -> features N x 8w."""
        return self.feature_extractor(images.contiguous(memory_format=torch.channels_last))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x 64 x 64 in [-1, 1] -> logits N x attributes, in the order of the CSV's header."""
        return self.attribute_head(self.features(images))
