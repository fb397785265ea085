"""Gradient reversal (Ganin & Lempitsky, "Unsupervised domain adaptation by backpropagation", 2015)."""

import math

import torch
from torch import Tensor


class _ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, features: Tensor, strength: float) -> Tensor:
        context.strength = strength
        return features.view_as(features)

    @staticmethod
    def backward(context, gradient: Tensor):
        return -context.strength * gradient, None


def reverse_gradient(features: Tensor, strength: float) -> Tensor:
    """The identity forwards; backwards the gradient times -strength.

    What follows minimises its loss as usual, what precedes it maximises that same loss.
    """
    return _ReverseGradient.apply(features, strength)


def reversal_strength(progress: float, maximum: float = 1.0) -> float:
    """The paper's schedule: 0 at progress 0, towards `maximum` at progress 1, 10 is its gamma.

    It keeps the domain head, noise at first, from disturbing features that are still forming.
    """
    return maximum * (2 / (1 + math.exp(-10 * progress)) - 1)
