"""Digit images -> labels with a checkpoint's network, the same labels on every CPU."""

import copy
import io

import numpy as np
import torch
from torch import Tensor, nn

from models.digit_classifier import DigitClassifier

# float32 logits move by about 1e-6 of their size with the CPU's instruction set, the number of
# threads and the batch size. Closer than NEAR_TIE they could change places, so float64 decides.
NEAR_TIE = 1e-3
# float64 logits that agree to this are one value: what is left is its own rounding.
TIE = 1e-12


def build_network(checkpoint: bytes) -> DigitClassifier:
    """The network in evaluation mode, from the bytes of a checkpoint file."""
    stored = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)
    network = DigitClassifier(**stored["arguments"])
    network.load_state_dict(stored["state"])
    return network.eval()


class DigitPredictor:
    def __init__(self, network: nn.Module):
        self.network = network.to(memory_format=torch.channels_last)
        self.exact_network = copy.deepcopy(network).double()

    @torch.inference_mode()
    def labels(self, images: np.ndarray) -> np.ndarray:
        """uint8 N x 28 x 28 x 3 -> labels N. The lowest label wins a tie."""
        logits = self.network(as_input(images, torch.float32)).numpy()
        labels = logits.argmax(1)
        best, second = np.sort(logits, 1)[:, :-3:-1].T
        close = best - second < NEAR_TIE
        if close.any():
            labels[close] = self.exact_labels(images[close])
        return labels

    def exact_labels(self, images: np.ndarray) -> np.ndarray:
        logits = self.exact_network(as_input(images, torch.float64)).numpy()
        return (logits >= logits.max(1, keepdims=True) - TIE).argmax(1)


def as_input(images: np.ndarray, dtype: torch.dtype) -> Tensor:
    """uint8 N x 28 x 28 x 3 -> N x 3 x 28 x 28 in [0, 1], channels last in memory."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).to(dtype) / 255
