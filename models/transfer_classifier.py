"""The latent autoencoder's encoder with a small head on its 64 numbers."""

from torch import Tensor, nn

from models.latent_autoencoder import LatentEncoder

CLASSES = 10
HIDDEN = 128  # of the small MLP: twice the latent's 64
DROPOUT = 0.5  # the usual share before a last layer (Srivastava et al., "Dropout", 2014)


class TransferClassifier(nn.Module):
    """Encoder and one layer, or a small MLP with dropout: 296,586 or 305,546 parameters at the defaults."""

    def __init__(self, head: str, latent_size: int = 64, width: int = 32):
        super().__init__()
        self.arguments = dict(head=head, latent_size=latent_size, width=width)
        self.encoder = LatentEncoder(latent_size, width)
        self.head = (
            nn.Linear(latent_size, CLASSES)
            if head == "layer"
            else nn.Sequential(
                nn.Linear(latent_size, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, CLASSES)
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> logits N x 10."""
        return self.head(self.encoder(images))
