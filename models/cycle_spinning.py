"""An answer that does not hang on where an image lies in its frame."""

from collections.abc import Callable

import torch
from torch import Tensor


def mean_over_shifts(network: Callable[[Tensor], Tensor], images: Tensor, reach: int) -> Tensor:
    """The mean of a network's answers to images N x C x H x W moved by up to `reach` pixels along each axis, each
    moved back; what leaves on one side comes in on the other. With 0 the answer itself.

    A network with strides and pooling answers each shift a little differently, and the mean has less of the error that
    differs (Coifman & Donoho, "Translation-invariant de-noising", 1995).
    """
    steps = range(-reach, reach + 1)
    answers = [
        network(images.roll((down, right), (2, 3))).roll((-down, -right), (2, 3)) for down in steps for right in steps
    ]
    return torch.stack(answers).mean(0)
