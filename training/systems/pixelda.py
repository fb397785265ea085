"""Rows of PixelDA: MNIST becomes MNIST-M."""

from training.data.digit_pairs import load_pairs
from training.methods.pixelda import PixelDa, PixelDaSettings
from training.systems.system import System


def pixelda(name: str, title: str, settings: PixelDaSettings, minutes: int) -> System:
    return System(name, title, PixelDa, settings, load_pairs, "pixelda", minutes)


ROWS = (pixelda("pixelda", "PixelDA", PixelDaSettings(), 90),)
