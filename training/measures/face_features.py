"""How near samples come to real faces, in the features of the attribute network that is a file of the project."""

import torch
from torch import Tensor

from inference.networks import build_network, read_checkpoint
from inference.pinned_files import read_pinned
from training.augment.images import signed
from training.measures.sample_quality import frechet_distance

BATCH = 256  # images at a time: more take memory and save nothing


class DistanceToFaces:
    """Fréchet distance of samples from given faces (training/measures/sample_quality.py).

    The network was trained on the training split, so held-out faces may choose among epochs with it.
    """

    def __init__(self, faces: Tensor):
        """uint8 N x 3 x 64 x 64. Raises inference's WeightsError where weights/attribute_classifier.pth is missing."""
        self.network = build_network(read_checkpoint(read_pinned("attribute_classifier.pth"))).to(faces.device)
        self.real = self.features(signed(faces))

    def __call__(self, samples: Tensor) -> float:
        """Samples N x 3 x 64 x 64 in [-1, 1]."""
        return frechet_distance(self.real, self.features(samples))

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        return torch.cat([self.network.features(batch) for batch in images.split(BATCH)])
