"""Measures of a target classifier that need no label, to choose among candidates.

Probabilities are N x 10, rows summing to 1, of unlabelled target training images.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def mean_entropy(probabilities: Tensor) -> float:
    """In nats; low where the classifier is sure, rightly or not."""
    return torch.special.entr(probabilities).sum(1).mean().item()


def soft_neighbourhood_density(probabilities: Tensor) -> float:
    """High where every image has many others predicted like it (Saito et al., "Tune it the right way", 2021).

    The entropy in nats of the softmax over an image's similarities to all others, at the paper's
    temperature 0.05, mean over images.
    """
    directions = F.normalize(probabilities, dim=1)
    similarities = (directions @ directions.T / 0.05).fill_diagonal_(-torch.inf)
    return torch.special.entr(similarities.softmax(1)).sum(1).mean().item()


def agreement_with_vote(predictions: list[Tensor]) -> list[float]:
    """Percent of images, for each of several label vectors N, on which it equals the most frequent label.

    Independently made mistakes differ, so who agrees with the others is likelier to be right.
    """
    vote = torch.stack(predictions).mode(dim=0).values
    return [100 * (labels == vote).float().mean().item() for labels in predictions]
