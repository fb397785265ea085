"""Rows of medical images: endoscopy, and brain scans with their tumours outlined."""

from training.data.brain import load_brain
from training.data.endoscopy import load_endoscopy
from training.data.rebuilt_endoscopy import load_real_or_rebuilt
from training.methods.endo_vae import EndoVae, EndoVaeSettings
from training.methods.rebuilt_detector import RebuiltDetector, RebuiltDetectorSettings
from training.methods.segmentation import LOSSES, Segmentation, SegmentationSettings
from training.systems.system import System


def endoscopy(variant: str, settings: EndoVaeSettings, minutes: int) -> System:
    name, title = (f"endovae_{variant}", f"EndoVAE, {variant}") if variant else ("endovae", "EndoVAE")
    return System(name, title, EndoVae, settings, load_endoscopy, "endoscopy", minutes)


def brain(loss: str) -> System:
    name, title = f"segmentation_{loss}", f"Segmentation, {LOSSES[loss]}"
    return System(name, title, Segmentation, SegmentationSettings(loss=loss), load_brain, "brain", 22)


ROWS = (
    # Endoscopy: the brief's stem with the paper's loss, squared error instead, the paper's stem, more numbers.
    endoscopy("", EndoVaeSettings(), 9),
    endoscopy("mse", EndoVaeSettings(loss="mse"), 9),
    endoscopy("paper", EndoVaeSettings(stem="paper"), 26),
    endoscopy("16", EndoVaeSettings(latent_size=16), 9),
    endoscopy("64", EndoVaeSettings(latent_size=64), 9),
    System(
        "rebuilt_detector",
        "Real endoscopy or rebuilt",
        RebuiltDetector,
        RebuiltDetectorSettings(),
        load_real_or_rebuilt,
        "endoscopy",
        1,
    ),
    # Brain tumours: the assignment's loss, the usual one, and their sum.
    brain("dice"),
    brain("bce"),
    brain("both"),
)
