"""The numbers that runs share; the command line of each row is made from a class of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from tyro.conf import DisallowNone, Fixed

DomainName = Literal["usps", "mnist", "mnistm", "svhn"]
Augmentation = Literal["plain", "towards"]
AnySettings = TypeVar("AnySettings", bound="RunSettings")


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What every run has, whatever it learns."""

    # Whether a resumed run may get more or fewer epochs: not where the learning rate is planned for all of them.
    open_ended: ClassVar[bool] = False

    # Folder of the run: settings, metrics, last state, best weights, curves. The command line's default is runs/<row>,
    # and runs/smoke/<row> for a smoke run.
    out: Path = Path("runs")
    # Data in the course layout.
    data: Path = Path("hw3_data")

    # Seeds weights, dropout, batches and augmentation; the validation split has a seed of its own.
    seed: int = 0
    # Each ends with validation and a saved state.
    epochs: int
    # An epoch is a number of steps, not a pass over the data.
    steps_per_epoch: int
    # Images in each step.
    batch: int

    # bf16 autocast. None: where the processor has it in hardware (training/precision.py).
    bf16: DisallowNone[bool | None] = None
    # cuda, mps or cpu; auto takes the first there is.
    device: str = "auto"
    # Go on where a killed run in the same folder stopped.
    resume: bool = False
    # A few steps on generated images, to see that everything works.
    smoke: bool = False

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    @property
    def images_per_epoch(self) -> int:
        return self.steps_per_epoch * self.batch

    def for_statistics(self, images: int) -> int:
        """How many of them batch norm's statistics are taken from: a smoke run needs no more than its epoch has."""
        return min(images, self.images_per_epoch)


@dataclass(frozen=True, kw_only=True)
class DigitSettings(RunSettings):
    """Source, target and recipe of a digit classifier's run."""

    # Labelled domain.
    source: Fixed[DomainName]
    # Domain to predict; its training images are used without labels.
    target: Fixed[DomainName]
    # "towards": distorted strongly, until source digits resemble the target's. "plain": small turns, shifts and sizes,
    # which know nothing of the target, so that what a method itself gives can be seen.
    augmentation: Fixed[Augmentation] = "towards"

    # 16 times 250 steps of DANN take about 11 minutes on one core.
    epochs: int = 16
    # An epoch is a number of steps, not a pass over the data: sizes differ ninefold between domains.
    steps_per_epoch: int = 250
    # Images a domain in each step. On a CPU a step's time is linear in it, so few images buy many steps.
    batch: int = 64
    # AdamW's peak: four times its default, since batch norm bears it after a warm-up.
    learning_rate: float = 4e-3
    # Share of the steps in which it rises to the peak; then it falls along a cosine to 0
    # (Smith & Topin, "Super-convergence", 2018).
    warm_up: float = 0.1
    # A tenth of AdamW's default: augmentation is the regulariser here.
    weight_decay: float = 1e-3
    # Of the network's convolutions. In bf16 powers of two cost little more than 16 32 48 96 192, and 26,000
    # predictions still take less than 15 seconds.
    channels: tuple[int, int, int, int, int] = (16, 32, 64, 128, 256)


@dataclass(frozen=True, kw_only=True)
class PairSettings(RunSettings):
    """Two domains whose images are as high and wide as the networks take them."""

    # Labelled domain, and the one whose images are used without labels.
    source: Fixed[DomainName] = "mnist"
    target: Fixed[DomainName] = "mnistm"
    # Height and width, the assignment's.
    size: Fixed[int] = 32
    # The number for black in images that the trained network is to read, 0 or -1; training's own are in [-1, 1].
    low: Fixed[int] = -1


def shrunk_for_smoke(settings: AnySettings) -> AnySettings:
    return replace(settings, epochs=2, steps_per_epoch=3, batch=8)
