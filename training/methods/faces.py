"""What the methods that draw faces share: the figure's noise, and what their checkpoints hold."""

from torch import Tensor, nn

from inference.noise import fixed_noise
from training.augment.images import signed
from training.average import with_statistics_of
from training.data.face_split import FaceSplit
from training.data.faces import ATTRIBUTES
from training.methods.base import Method, halved

STATISTICS_IMAGES = 2048  # for batch norm: its own error is then below one in forty
FIGURE_SAMPLES = 32       # faces of the assignment's figure


class FaceMethod(Method):
    """A way of training a network that draws faces from noise.

    Batches are images uint8 N x 3 x 64 x 64 and attributes bool N x 13, on the method's device.
    """

    def checkpoint(self) -> dict:
        """The averaged network in half precision, and the noise of the figure."""
        parts = super().checkpoint()
        return {**parts, "state": halved(parts["state"]), "attributes": list(ATTRIBUTES),
                "noise": figure_noise(self.kept.noise_size, self.settings.seed)}


def figure_noise(size: int, seed: int) -> Tensor:
    """float32 32 x size from N(0, I): the first draws of the run's seed, not a selection."""
    return fixed_noise(FIGURE_SAMPLES, size, seed)


def with_statistics_of_faces(network: nn.Module, data: FaceSplit) -> nn.Module:
    """A copy in eval mode whose batch norms hold the statistics of training faces."""
    return with_statistics_of(network, map(signed, data.training.images[:STATISTICS_IMAGES].split(128)))
