"""What the face methods have in common: random numbers, precision, what is saved and resumed."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from training.data import face_task
from training.data.face_task import Data
from training.average import with_statistics_of
from training.settings import RunSettings

STATISTICS_IMAGES = 2048  # for batch norm: its own error is then below one in forty


class FaceMethod(ABC):
    """A way of training on faces: images uint8 N x 3 x 64 x 64 and attributes bool N x 13 on the device.

    A subclass names in `parts` its networks, optimisers and averages: what a resumed run must have.
    """

    task = face_task
    # The metric of an epoch whose highest value chooses the weights that are kept; here: the last.
    choice: str = "epoch"
    # Curves by axis label: {what the axis shows: names of metrics}.
    panels: dict[str, tuple[str, ...]]
    # The averaged network of the last `end_epoch`, in eval mode: what a checkpoint holds.
    kept: nn.Module

    def __init__(self, settings: RunSettings, device: torch.device):
        self.settings, self.device, self.step = settings, device, 0
        self.random = torch.Generator(device)
        self.parts: dict = {}

    def start(self, data: Data) -> None:
        """Before the first epoch: weights that come from the data."""

    @abstractmethod
    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        """One step of training. Returns what is worth a curve."""

    @abstractmethod
    def end_epoch(self, data: Data) -> None:
        """Fixes `kept`."""

    @abstractmethod
    def validate(self, data: Data) -> dict[str, float]:
        """Measures of `kept` on held-out faces."""

    def noise(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.random, device=self.device)

    def flipped(self, images: Tensor) -> Tensor:
        """uint8 -> float in [-1, 1], each image mirrored or not: faces are as good either way."""
        mirror = torch.rand((len(images), 1, 1, 1), generator=self.random, device=self.device) < 0.5
        return signed(torch.where(mirror, images.flip(3), images))

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.settings.bf16)

    def seed(self, seed: int) -> None:
        self.random.manual_seed(seed)

    def state(self) -> dict:
        return {"step": self.step, **{name: part.state_dict() for name, part in self.parts.items()}}

    def load_state(self, state: dict) -> None:
        self.step = state["step"]
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def with_statistics_of_faces(network: nn.Module, data: Data) -> nn.Module:
    """A copy in eval mode whose batch norms hold the statistics of training faces."""
    return with_statistics_of(network, map(signed, data.training.images[:STATISTICS_IMAGES].split(128)))


def signed(images: Tensor) -> Tensor:
    """uint8 -> float in [-1, 1]."""
    return images.float() / 127.5 - 1


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
