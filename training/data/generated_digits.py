"""Digits that a conditional generator paints, with the labels that it was asked for."""

from pathlib import Path

import torch
from torch import nn

from inference.networks import build_network
from inference.noise import fixed_noise
from models.digit_gan import ConditionalDigitGenerator
from training.augment.images import to_bytes
from training.data.digits import LabelledImages
from training.data.mnist import VALIDATION_SEED, VALIDATION_SHARE
from training.data.split import LabelledSplit, held_out_rows
from training.errors import RunError
from training.methods.grey_digit_classifier import GreyDigitClassifierSettings
from training.run_folder import RunFolder

COUNT = 50_000  # as many as a real training split has
SMOKE_COUNT = 240
SEED = 20204  # of the noise


def load_generated(settings: GreyDigitClassifierSettings, device: torch.device) -> LabelledSplit:
    """Samples of the run in settings.generator, all digits equally often, a part of them held out.

    A smoke run without a generator gets an untrained one's. Raises RunError where any other run has none.
    """
    untrained = settings.smoke and settings.generator is None
    generator = ConditionalDigitGenerator() if untrained else trained(settings.generator)
    digits = paint(generator, SMOKE_COUNT if settings.smoke else COUNT)
    held_out, others = held_out_rows(len(digits.labels), VALIDATION_SHARE, VALIDATION_SEED)
    return LabelledSplit(digits[others].to(device), digits[held_out].to(device))


def trained(run: Path | None) -> nn.Module:
    """The generator of a run. Raises RunError where there is none or it takes no label."""
    if run is None or not RunFolder(run).done:
        raise RunError("give --generator, the folder of a finished run of digit_gan_conditional")
    checkpoint = RunFolder(run).load_best()
    if checkpoint["network"] != ConditionalDigitGenerator.__name__:
        raise RunError(
            f"--generator {run} is a run of {checkpoint['system']}, which takes no label: "
            "give one of digit_gan_conditional"
        )
    return build_network(checkpoint)


@torch.inference_mode()
def paint(generator: nn.Module, count: int, seed: int = SEED) -> LabelledImages:
    """uint8 images count x 1 x 32 x 32 and labels 0, 1 … 9, 0, 1 …"""
    labels = torch.arange(count) % 10
    noise = fixed_noise(count, generator.noise_size, seed)
    batches = zip(noise.split(500), labels.split(500), strict=True)
    images = torch.cat([to_bytes(generator.eval()(*batch)) for batch in batches])
    return LabelledImages(images, labels)
