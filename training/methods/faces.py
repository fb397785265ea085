"""What the methods that draw faces share: the figure's noise, and what their checkpoints hold."""

import torch
from torch import Tensor, nn

from inference.noise import fixed_noise
from training.augment.images import signed
from training.average import with_statistics_of
from training.data.face_split import FaceSplit
from training.data.faces import ATTRIBUTES
from training.measures.collapse import check_collapse
from training.measures.face_features import DistanceToFaces
from training.methods.base import Method, halved
from training.settings import RunSettings

STATISTICS_IMAGES = 2048  # for batch norm: its own error is then below one in forty
FIGURE_SAMPLES = 32  # faces of the assignment's figure
MEASURED_SEED = 1  # of the noise whose samples are measured: the same in every epoch


class FaceMethod(Method):
    """A way of training a network that draws faces from noise.

    Batches are images uint8 N x 3 x 64 x 64 and attributes bool N x 13, on the method's device.
    """

    def checkpoint(self) -> dict:
        """What is kept, in half precision, and the noise of the figure."""
        parts = super().checkpoint()
        return {
            **parts,
            "state": halved(parts["state"]),
            "attributes": list(ATTRIBUTES),
            "noise": figure_noise(self.kept.noise_size, self.settings.seed),
        }


class AdversarialMethod(FaceMethod):
    """A GAN of whatever kind: its epoch is chosen by how near samples come to faces that were held out."""

    # The distance's negative, since the highest value chooses.
    choice = "minus_frechet"
    panels = {"loss": ("discriminator_loss", "generator_loss"), "Fréchet distance from held-out faces": ("frechet",)}
    # From the held-out faces; its network is read when first needed.
    distance: DistanceToFaces | None = None

    def inputs(self, attributes: Tensor) -> tuple[Tensor, ...]:
        """What the generator takes, a row for each row of attributes N x 13."""
        return (self.noise(len(attributes), self.settings.noise_size),)

    @torch.inference_mode()
    def validate(self, data: FaceSplit) -> dict[str, float]:
        """How much samples vary, in units of held-out faces, and how far they are from those."""
        self.distance = self.distance or DistanceToFaces(data.validation.images)
        self.seed(MEASURED_SEED)
        samples, real = self.kept(*self.inputs(data.validation.attributes)), signed(data.validation.images)
        frechet = self.distance(samples)
        return {
            "sample_variance": (samples.var(dim=0).mean() / real.var(dim=0).mean()).item(),
            "frechet": frechet,
            "minus_frechet": -frechet,
        }

    def check(self, metrics: dict[str, float]) -> None:
        check_collapse(metrics)

    @torch.inference_mode()
    def picture(self, data: FaceSplit) -> Tensor:
        """The assignment's 32 samples."""
        return self.kept(figure_noise(self.settings.noise_size, self.settings.seed).to(self.device))


def figure_noise(size: int, seed: int) -> Tensor:
    """float32 32 x size from N(0, I): the first draws of the run's seed, not a selection."""
    return fixed_noise(FIGURE_SAMPLES, size, seed)


def with_statistics_of_faces(network: nn.Module, data: FaceSplit, settings: RunSettings) -> nn.Module:
    """A copy in eval mode whose batch norms hold the statistics of training faces."""
    faces = data.training.images[: settings.for_statistics(STATISTICS_IMAGES)]
    return with_statistics_of(network, map(signed, faces.split(128)))
