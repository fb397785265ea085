"""What adversarial adaptation adds to a classifier: a head that tells source from target."""

from torch import Tensor, nn


class DomainHead(nn.Module):
    """Tells source from target features: DANN's domain head (Ganin et al., "Domain-adversarial training of
    neural networks", 2016), ADDA's discriminator (Tzeng et al., "Adversarial discriminative domain adaptation", 2017).
    Two hidden layers, no batch norm: a domain's own statistics would give it away. 49,537 parameters with
    256 features and the default width.
    """

    def __init__(self, feature_size: int, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(feature_size, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features N x F -> logits N, positive for source."""
        return self.layers(features).squeeze(1)
