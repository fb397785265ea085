"""Rows of PixelDA: MNIST becomes MNIST-M, pixel by pixel."""

from training.data.digit_pairs import load_pairs, load_unpaired
from training.methods.base import Method
from training.methods.pixelda import PixelDa, PixelDaSettings
from training.methods.pixelda_baseline import PixelDaBaseline, PixelDaBaselineSettings
from training.methods.pixelda_unpaired import PixelDaUnpaired
from training.settings import PairSettings
from training.systems.system import System


def pairs(name: str, title: str, settings: PairSettings, minutes: int, method: type[Method] = PixelDa) -> System:
    return System(name, title, method, settings, load_pairs, "pixelda", minutes)


def ablation(name: str, title: str, **numbers: float) -> System:
    """A fifth of the steps: enough to see what a part is for."""
    settings = PixelDaSettings(epochs=3, steps_per_epoch=400, **numbers)
    return pairs(f"pixelda_{name}", f"PixelDA, 1,200 steps{title}", settings, 12)


ROWS = (
    pairs("pixelda_source_only", PixelDaBaseline.title, PixelDaBaselineSettings(), 3, PixelDaBaseline),
    pairs("pixelda", "PixelDA", PixelDaSettings(), 60),
    # What the others are compared with.
    ablation("short", ""),
    ablation("no_source", ", T without source images", source_weight=0),
    ablation("no_task", ", G without the task loss", task_weight=0),
    ablation("no_noise", ", G without noise", noise=False),
    ablation("no_adversary", ", G without the domain loss", domain_weight=0),
    # The paper weighs it 0 for digits. It is a tenth to a fifth of the other losses: 5 makes them alike.
    ablation("content", ", with content loss", content_weight=5),
    # In the table of adaptation, whose images are 28x28 in [0, 1]; half of the steps.
    System(
        "pixelda_usps_mnistm",
        "PixelDA, USPS → MNIST-M",
        PixelDaUnpaired,
        PixelDaSettings(source="usps", target="mnistm", size=28, low=0, epochs=5),
        load_unpaired,
        "digits",
        25,
    ),
)
