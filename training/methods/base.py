"""The contract that every method keeps, whatever it learns, and the little that all of them share."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from training.measures.collapse import check_finite
from training.settings import RunSettings


class Method(ABC):
    """A way of training a network. training/loop.py calls it, in this order: `start` once; in every epoch
    `update` for every batch, then `end_epoch`, `picture`, `validate` and `check`.

    What a batch holds, and what `data` is, the row's reader says (training/systems/, training/data/).
    """

    # How commands and files call it, and how tables and figures do.
    name: str
    title: str
    # The metric of an epoch whose highest value chooses the weights that are kept; here: the last epoch's.
    choice: str = "epoch"
    # Whether the weights of every epoch stay in the run folder: for a curve of test accuracies, drawn after the run.
    keeps_epochs: bool = False
    # The run's own curves: {what the axis shows: names of metrics}.
    panels: dict[str, tuple[str, ...]]
    # The network that the last `end_epoch` chose, in eval mode: what a checkpoint holds.
    kept: nn.Module

    def __init__(self, settings: RunSettings, device: torch.device):
        """A subclass adds to `parts` its networks, optimisers and averages: what a resumed run must have."""
        self.settings, self.device, self.step = settings, device, 0
        self.random = torch.Generator(device)
        self.parts: dict[str, Any] = {}
        # The checkpoint of another run that this one's weights come from: its row, seed, epoch and sha256.
        self.started_from: dict | None = None

    def start(self, data) -> None:
        """Before the first epoch: weights that come from the data or from another run. Here: random ones stay."""

    @abstractmethod
    def update(self, *batch: Tensor) -> dict[str, float]:
        """One step of training. Returns what is worth a curve."""

    @abstractmethod
    def end_epoch(self, data) -> None:
        """Sets `kept`."""

    def picture(self, data) -> Tensor | None:
        """What `kept` draws, N x 3 x H x W in [-1, 1], N a multiple of 8; None where it draws nothing."""
        return None

    @abstractmethod
    def validate(self, data) -> dict[str, float]:
        """Measures of `kept` on what was held out."""

    def check(self, metrics: dict[str, float]) -> None:
        """Raises TrainingCollapsed where an epoch's metrics show that the run has no future."""
        check_finite(metrics)

    def checkpoint(self) -> dict:
        """What inference needs beside the settings: what rebuilds `kept`."""
        return {"network": type(self.kept).__name__, "arguments": self.kept.arguments, "state": stored(self.kept)}

    def autocast(self) -> torch.autocast:
        """bf16 where the settings say so; the loop decides where they leave it open."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bool(self.settings.bf16))

    def noise(self, *shape: int) -> Tensor:
        """From N(0, I)."""
        return torch.randn(shape, generator=self.random, device=self.device)

    def seed(self, seed: int) -> None:
        self.random.manual_seed(seed)

    def state(self) -> dict:
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        return {"step": self.step, "started_from": self.started_from, **parts}

    def load_state(self, state: dict) -> None:
        self.step, self.started_from = state["step"], state["started_from"]
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One optimiser step on this loss."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def numbers(**metrics: Tensor | float) -> dict[str, float]:
    """An update's or a validation's metrics as curves take them."""
    return {name: torch.as_tensor(value).item() for name, value in metrics.items()}


def stored(network: nn.Module) -> dict[str, Tensor]:
    """The network's tensors as a checkpoint holds them: on the CPU, in the usual memory order."""
    return {name: value.cpu().contiguous() for name, value in network.state_dict().items()}


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weight matrices and filters in half precision: half the file, and one byte in a hundred of the
    samples differs, by one grey level. Everything small stays as it is."""
    return {name: value.half() if value.ndim > 1 else value for name, value in state.items()}
