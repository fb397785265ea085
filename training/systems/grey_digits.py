"""Rows of MNIST's grey digits: autoencoders, classifiers from 50 labels, and networks that draw digits."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from training.data.digits import LabelledImages
from training.data.generated_digits import load_generated
from training.data.mnist import load_few_and_unlabelled, load_few_labels, load_labelled, load_unlabelled
from training.methods.autoencoder import Autoencoder, AutoencoderSettings
from training.methods.digit_gan import ConditionalDigitGan, ConditionalDigitGanSettings, DigitGan, DigitGanSettings
from training.methods.grey_digit_classifier import GreyDigitClassifier, GreyDigitClassifierSettings
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.methods.transfer import Transfer, TransferSettings
from training.systems.system import System


def autoencoder(name: str, title: str, settings: AutoencoderSettings, minutes: int, size: int = 28) -> System:
    return System(name, title, Autoencoder, settings, partial(load_unlabelled, size=size), "autoencoders", minutes)


def transfer(head: str, encoder: str) -> System:
    name, title = f"transfer_{head}_{encoder}", f"{'MLP' if head == 'mlp' else 'one layer'}, encoder {encoder}"
    settings = TransferSettings(head=head, encoder=encoder, bf16=False)  # fp32, as its results: a run takes a minute
    return System(name, title, Transfer, settings, partial(load_few_labels, size=32), "few_labels", 1)


def digit_gan(name: str, title: str, settings: DigitGanSettings, minutes: int) -> System:
    """A row of digit generators: those told a label learn with labels, the others without."""
    conditional = isinstance(settings, ConditionalDigitGanSettings)
    method, load = (ConditionalDigitGan, load_labelled) if conditional else (DigitGan, load_unlabelled)
    return System(name, title, method, settings, partial(load, size=32), "digit_generators", minutes)


def classifier(
    name: str, title: str, settings: GreyDigitClassifierSettings, load: Callable[..., LabelledImages], minutes: int
) -> System:
    return System(name, title, GreyDigitClassifier, settings, load, "digit_generators", minutes)


# Small layers waste a core on small batches, so 512 images a step, 215 steps for two passes. After 12 passes Muon had
# a tenth less error than Adam after 48; two and a half times the rate had more than twice the error
# (docs/autoencoders.md). fp32: layers this small gain no time by bf16, and it costs accuracy.
LINEAR = AutoencoderSettings(
    network="linear",
    task="reconstruct",
    epochs=40,
    batch=512,
    steps_per_epoch=215,
    learning_rate=5e-3,
    matrix_rate=0.02,
    bf16=False,
)
# Noise blurs the gradients: half of the rate had the smaller error. It is new in every step, so that 200 passes over
# the digits instead of 80 still gain 0.15 dB.
LINEAR_DENOISER = replace(LINEAR, task="denoise", matrix_rate=0.01, epochs=100)
# 60 passes over the digits: in the last ten the error fell by half of a hundredth.
CONVOLUTIONAL = AutoencoderSettings(network="convolutional", task="reconstruct", epochs=30, learning_rate=1e-2)
# At 32x32, the encoder that learns from 50 labels; noise as the assignment has it. Each step costs four times
# the convolutional one's.
LATENT = AutoencoderSettings(network="latent", task="denoise", noise=0.35, epochs=4)
# Adaptation from 50 labelled digits to all others, which are of the same domain. Half of the width and a fifth of
# the steps: strokes on black are simpler than house numbers.
FIFTY_AND_UNLABELLED = MeanTeacherSettings(
    source="mnist", target="mnist", epochs=10, steps_per_epoch=400, channels=(8, 16, 32, 64, 128)
)

AUTOENCODERS = (
    autoencoder("linear_autoencoder", "linear autoencoder", LINEAR, 4),
    autoencoder("conv_autoencoder", "convolutional autoencoder", CONVOLUTIONAL, 12),
    # What the places of the maxima are worth.
    autoencoder(
        "conv_autoencoder_no_places",
        "convolutional autoencoder without the maxima's places",
        replace(CONVOLUTIONAL, keep_places=False),
        12,
    ),
    autoencoder("linear_denoiser", "linear denoiser", LINEAR_DENOISER, 10),
    autoencoder("conv_denoiser", "convolutional denoiser", replace(CONVOLUTIONAL, task="denoise", epochs=40), 16),
    autoencoder("latent_denoiser", "latent denoiser", LATENT, 5, size=32),
    # The encoder from which 50 labels are learned. It improved from 4 passes over the digits to 16.
    autoencoder("latent_restorer", "latent restorer", replace(LATENT, warp=True, epochs=8), 13, size=32),
)
# 50 labels.
FEW_LABELS = (
    transfer("layer", "frozen"),
    transfer("layer", "trained"),
    transfer("mlp", "frozen"),
    transfer("mlp", "trained"),
    System(
        "transfer_unlabelled",
        "mean teacher on the unlabelled images",
        MeanTeacher,
        FIFTY_AND_UNLABELLED,
        load_few_and_unlabelled,
        "few_labels",
        5,
    ),
)
GENERATORS = (
    # Who judges the generators of digits, and who learns from what they drew.
    classifier(
        "digit_judge", "classifier of grey digits", GreyDigitClassifierSettings(), partial(load_labelled, size=32), 5
    ),
    classifier(
        "digits_of_generator",
        "classifier of generated digits",
        GreyDigitClassifierSettings(epochs=4),
        load_generated,
        3,
    ),
    digit_gan("digit_gan", "GAN", DigitGanSettings(), 11),
    digit_gan(
        "digit_gan_plain_end", "GAN without a last convolution and tanh", DigitGanSettings(last_convolution=False), 10
    ),
    digit_gan(
        "digit_gan_conditional",
        "GAN told the digit before the decoder",
        # From the 20th to the 50th the distance fell from 1.25 to 1.06.
        ConditionalDigitGanSettings(joined="before", epochs=50),
        28,
    ),
    digit_gan(
        "digit_gan_label_after", "GAN told the digit after the decoder", ConditionalDigitGanSettings(joined="after"), 12
    ),
)
ROWS = AUTOENCODERS + FEW_LABELS + GENERATORS
