"""What DANN adds to a classifier: a domain head behind gradient reversal."""

from torch import Tensor, nn

from models.gradient_reversal import reverse_gradient


class DomainHead(nn.Module):
    """Tells source from target features (Ganin et al., "Domain-adversarial training of neural
    networks", 2016). Two hidden layers, no batch norm: a domain's own statistics would give it away.
    """

    def __init__(self, feature_size: int, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(feature_size, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, features: Tensor, strength: float) -> Tensor:
        """Features N x F -> logits N, positive for source; gradients return times -strength."""
        return self.layers(reverse_gradient(features, strength)).squeeze(1)
