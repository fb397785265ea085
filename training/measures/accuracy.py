"""How many labels are read right."""

from torch import Tensor


def percent_right(logits: Tensor, labels: Tensor) -> float:
    """Percent of logits N x 10 whose largest is the label's."""
    return 100 * (logits.argmax(1) == labels).float().mean().item()
