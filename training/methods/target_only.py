"""Target only: the upper bound, trained with the target's own labels.

    python3 -m training.methods.target_only --target svhn --data hw3_data --out runs/target_only_svhn

The method is source_only's with the target as its own source, augmentation included. No other method
opens the labels of the target's training split.

Six minutes on one CPU core with --bf16; untested on a GPU. Test accuracy of seed 0: MNIST-M 96.0, SVHN 91.6,
USPS 98.2.
"""

from dataclasses import dataclass, field

from training.loop import run_command
from training.settings import DomainName, Settings
from training.methods.source_only import SourceOnly


@dataclass(frozen=True, kw_only=True)
class TargetOnlySettings(Settings):
    """The shared settings, with the target as the labelled domain."""

    source: DomainName = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "source", self.target)


class TargetOnly(SourceOnly):
    """Cross-entropy on labelled target images."""

    name = "target_only"


if __name__ == "__main__":
    run_command(TargetOnly, TargetOnlySettings)
