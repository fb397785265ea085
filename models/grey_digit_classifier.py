"""Classifier of 32x32 grey digits; its features measure how samples differ from real digits."""

from torch import Tensor, nn

from models.blocks import Residual, channels_last, conv_block


class GreyDigitClassifier(nn.Module):
    """Six convolutions; 613,194 parameters at width 32."""

    def __init__(self, width: int = 32, classes: int = 10, dropout: float = 0.3):
        super().__init__()
        self.arguments = dict(width=width, classes=classes, dropout=dropout)
        self.feature_size = 4 * width
        self.feature_extractor = nn.Sequential(  # 1 x 32 x 32
            conv_block(1, width, kernel=4, stride=2),  # w x 16 x 16
            conv_block(width, 2 * width, kernel=4, stride=2),  # 2w x 8 x 8
            Residual(2 * width),
            conv_block(2 * width, 4 * width, kernel=4, stride=2),  # 4w x 4 x 4
            Residual(4 * width),
            conv_block(4 * width, 4 * width, kernel=4, padding=0),  # 4w x 1 x 1: knows where each part lies
            nn.Flatten(),
        )
        self.label_head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.feature_size, classes))

    def features(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> features N x 4w."""
        return self.feature_extractor(channels_last(images))

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> logits N x classes."""
        return self.label_head(self.features(images))
