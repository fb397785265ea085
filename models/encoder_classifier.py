"""A classifier on an encoder that learned from images alone."""

from torch import Tensor, nn

from models.blocks import channels_last
from models.photo_autoencoder import PhotoEncoder
from models.resnet18 import ResNet18

CLASSES = 10
HIDDEN = 96  # maps of the small head: twice the code's 48
DROPOUT = 0.5  # the usual share before a last layer (Srivastava et al., "Dropout", 2014)


class EncoderClassifier(nn.Module):
    """ResNet-18 and a new last layer of 5,130 parameters, or the autoencoder's encoder and a small head of 57,034.

    `encoder_arguments` are the encoder's own.
    """

    def __init__(self, encoder: str, encoder_arguments: dict):
        super().__init__()
        self.arguments = dict(encoder=encoder, encoder_arguments=encoder_arguments)
        if encoder == "resnet18":
            self.encoder = ResNet18(**encoder_arguments)
            self.head = nn.Linear(ResNet18.outputs, CLASSES)
        else:
            self.encoder = PhotoEncoder(**encoder_arguments)
            self.head = small_head(self.encoder)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 3 x 96 x 96 in [-1, 1] -> logits N x 10."""
        return self.head(self.encoder(channels_last(images)))


def small_head(encoder: PhotoEncoder) -> nn.Sequential:
    code = encoder[-3].out_channels
    return nn.Sequential(  # code x 8 x 8
        nn.Conv2d(code, HIDDEN, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(HIDDEN),
        nn.ReLU(),
        nn.MaxPool2d(2),  # 96 x 4 x 4
        nn.Flatten(),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN * 4 * 4, CLASSES),
    )
