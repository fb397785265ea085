"""Principal components: the best linear code of pictures, and the yardstick of every other one."""

import torch
from torch import Tensor


class Components:
    """The principal components of training pictures N x ...; `rebuild` codes others with the first few of them."""

    def __init__(self, training: Tensor):
        pixels = training.flatten(1)
        self.mean = pixels.mean(dim=0)
        self.directions = torch.linalg.svd(pixels - self.mean, full_matrices=False).Vh

    def rebuild(self, pictures: Tensor, numbers: int) -> Tensor:
        """Pictures in [0, 1] -> what is left of them in so many numbers, clamped to [0, 1]; with 0 the mean picture."""
        directions = self.directions[:numbers]
        coded = (pictures.flatten(1) - self.mean) @ directions.T
        return (coded @ directions + self.mean).clamp(0, 1).view_as(pictures)
