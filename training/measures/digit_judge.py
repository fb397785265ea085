"""An independent classifier of digits, and what it says of images."""

import torch
from torch import Tensor

from inference.networks import build_network
from training.augment.digits import to_float

CONFIDENT = 0.9  # the probability above which a reading counts as confident


class DigitJudge:
    """The network of a checkpoint of digit_judge. Images are uint8 N x 1 x 32 x 32."""

    def __init__(self, checkpoint: dict):
        self.network = build_network(checkpoint)

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        return torch.cat([self.network.features(to_float(batch)) for batch in images.split(500)])

    @torch.inference_mode()
    def probabilities(self, images: Tensor) -> Tensor:
        return torch.cat([self.network(to_float(batch)).softmax(1) for batch in images.split(500)])

    def labels(self, images: Tensor) -> Tensor:
        return self.probabilities(images).argmax(1)

    def confident(self, images: Tensor) -> Tensor:
        """Which of the images it reads with a probability above CONFIDENT, whatever it reads."""
        return self.probabilities(images).amax(1) > CONFIDENT
