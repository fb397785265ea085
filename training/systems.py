"""The table of systems: a row for everything that can be trained, with the numbers that its results were made with.

    python3 -m training list
    python3 -m training dann_svhn_usps --bf16

Numbers that a row leaves out are its settings class's, each with its reason there. A number that a row
sets has its reason beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from inference.models import DRAW, PREDICT, TRANSFORM
from training.augment.domains import DOMAINS
from training.data.brain import load_brain
from training.data.domain_pair import load_domains
from training.data.endoscopy import load_endoscopy
from training.data.face_split import load_faces
from training.data.generated_digits import load_generated
from training.data.labelled_domain import load_source
from training.data.mnist import load_few_and_unlabelled, load_few_labels, load_labelled, load_unlabelled
from training.data.rebuilt_endoscopy import load_real_or_rebuilt
from training.methods.acgan import Acgan, AcganSettings
from training.methods.adda import Adda, AddaSettings
from training.methods.attribute_classifier import AttributeClassifier, AttributeClassifierSettings
from training.methods.autoencoder import Autoencoder, AutoencoderSettings
from training.methods.base import Method
from training.methods.components_vae import ComponentsVae, ComponentsVaeSettings
from training.methods.dann import Dann, DannSettings, PlainDann
from training.methods.dcgan import Dcgan, DcganSettings
from training.methods.digit_gan import ConditionalDigitGan, ConditionalDigitGanSettings, DigitGan, DigitGanSettings
from training.methods.digits import DigitMethod
from training.methods.endo_vae import EndoVae, EndoVaeSettings
from training.methods.gan import Gan, GanSettings
from training.methods.grey_digit_classifier import GreyDigitClassifier, GreyDigitClassifierSettings
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.methods.paired_acgan import PairedAcgan, PairedAcganSettings
from training.methods.rebuilt_detector import RebuiltDetector, RebuiltDetectorSettings
from training.methods.segmentation import LOSSES, Segmentation, SegmentationSettings
from training.methods.source_augmented import SourceAugmented
from training.methods.source_only import SourceOnly
from training.methods.target_only import TargetOnly
from training.methods.transfer import Transfer, TransferSettings
from training.methods.vae import Vae, VaeSettings
from training.settings import DigitSettings, RunSettings


@dataclass(frozen=True)
class System:
    """One row: what learns, from what, with which numbers."""

    name: str
    title: str
    method: type[Method]
    # A run's default numbers.
    settings: RunSettings
    # Reads the data onto a device; what it returns has `batches(settings, seed)`.
    load: Callable[[RunSettings, torch.device], object]
    # Which scorer and drawing its runs go to, and which folder of figures/.
    family: str
    # Minutes of one CPU core with --bf16.
    minutes: int

    @property
    def weights(self) -> str | None:
        """The file in weights/ that its run is released as; None where nothing predicts or draws with it."""
        return RELEASED.get(self.name)


def adaptation(method: type[DigitMethod], settings: DigitSettings, minutes: int) -> System:
    """A row of digits: its name and title say the scenario."""
    source, target = settings.source, settings.target
    load = load_domains if method.sees_target else load_source
    if source == target:
        return System(
            f"{method.name}_{target}",
            f"{method.title}, {DOMAINS[target].title}",
            method,
            settings,
            load,
            "digits",
            minutes,
        )
    return System(
        f"{method.name}_{source}_{target}",
        f"{method.title}, {DOMAINS[source].title} → {DOMAINS[target].title}",
        method,
        settings,
        load,
        "digits",
        minutes,
    )


def face(method: type[Method], settings: RunSettings, minutes: int, name: str = "", title: str = "") -> System:
    """A row of faces: its method's name and title, unless it is a second row of that method."""
    return System(name or method.name, title or method.title, method, settings, load_faces, "faces", minutes)


def autoencoder(name: str, title: str, settings: AutoencoderSettings, minutes: int, size: int = 28) -> System:
    return System(name, title, Autoencoder, settings, partial(load_unlabelled, size=size), "autoencoders", minutes)


TRANSFER_TITLES = {"layer": "one layer", "mlp": "MLP"}


def transfer(head: str, encoder: str) -> System:
    return System(
        f"transfer_{head}_{encoder}",
        f"{TRANSFER_TITLES[head]}, encoder {encoder}",
        Transfer,
        TransferSettings(head=head, encoder=encoder),
        partial(load_few_labels, size=32),
        "few_labels",
        1,
    )


def digit_gan(name: str, title: str, settings: DigitGanSettings, minutes: int) -> System:
    """A row of digit generators: those told a label learn with labels, the others without."""
    conditional = isinstance(settings, ConditionalDigitGanSettings)
    method, load = (ConditionalDigitGan, load_labelled) if conditional else (DigitGan, load_unlabelled)
    return System(name, title, method, settings, partial(load, size=32), "digit_generators", minutes)


def endoscopy(variant: str, settings: EndoVaeSettings, minutes: int) -> System:
    name, title = (f"endovae_{variant}", f"EndoVAE, {variant}") if variant else ("endovae", "EndoVAE")
    return System(name, title, EndoVae, settings, load_endoscopy, "endoscopy", minutes)


def brain(settings: SegmentationSettings) -> System:
    return System(
        f"segmentation_{settings.loss}",
        f"Segmentation, {LOSSES[settings.loss]}",
        Segmentation,
        settings,
        load_brain,
        "brain",
        22,
    )


# Of the 2020 assignment, and one that the 2019 assignment has besides.
SCENARIOS = (("usps", "mnistm"), ("mnistm", "svhn"), ("svhn", "usps"), ("svhn", "mnistm"))
ROWS = (
    # The lower bound. Plain augmentation is all that may be known without the target.
    *(
        adaptation(SourceOnly, DigitSettings(source=source, target=target, augmentation="plain", epochs=6), 3)
        for source, target in SCENARIOS
    ),
    # DANN by itself, one recipe for all scenarios, as many steps as its lower bound.
    *(
        adaptation(
            PlainDann, DannSettings(source=source, target=target, augmentation="plain", epochs=6, reversal=0.5), 5
        )
        for source, target in SCENARIOS
    ),
    # The same network and the same number of steps as DANN below.
    *(adaptation(SourceAugmented, DigitSettings(source=source, target=target), 7) for source, target in SCENARIOS),
    # DANN's strength and statistics are those with which two seeds agreed most on the target's unlabelled images:
    # of the strengths 0.02, 0.1 and 1 the weakest wherever SVHN is the source, and the source's statistics
    # wherever MNIST-M meets SVHN.
    adaptation(Dann, DannSettings(source="usps", target="mnistm"), 11),
    adaptation(Dann, DannSettings(source="mnistm", target="svhn", statistics="source"), 11),
    adaptation(Dann, DannSettings(source="svhn", target="usps", reversal=0.02), 11),
    adaptation(Dann, DannSettings(source="svhn", target="mnistm", reversal=0.02, statistics="source"), 11),
    # One recipe for all scenarios, each from a run of source only, augmented.
    *(adaptation(Adda, AddaSettings(source=source, target=target), 5) for source, target in SCENARIOS),
    # One recipe for all scenarios.
    *(adaptation(MeanTeacher, MeanTeacherSettings(source=source, target=target), 40) for source, target in SCENARIOS),
    # Each target as its own source.
    adaptation(TargetOnly, DigitSettings(source="mnistm", target="mnistm"), 6),
    adaptation(TargetOnly, DigitSettings(source="svhn", target="svhn"), 6),
    adaptation(TargetOnly, DigitSettings(source="usps", target="usps"), 6),
    # Faces. The attribute classifier measures the others.
    face(AttributeClassifier, AttributeClassifierSettings(), 12),
    face(ComponentsVae, ComponentsVaeSettings(), 8),
    face(Vae, VaeSettings(), 12),
    face(Dcgan, DcganSettings(), 70),
    face(Gan, GanSettings(), 20),
    # Wider, from the beginning and for longer; the average forgets half as fast.
    face(
        Gan,
        GanSettings(generator_width=32, discriminator_width=64, average=0.9995, epochs=60),
        230,
        "gan_wide",
        "wider GAN",
    ),
    face(Acgan, AcganSettings(), 8),
    face(PairedAcgan, PairedAcganSettings(), 10),
    face(PairedAcgan, PairedAcganSettings(attribute="Male"), 10, "paired_acgan_male", "ACGAN on pairs, Male"),
    face(
        PairedAcgan,
        PairedAcganSettings(attribute="Blond_Hair"),
        10,
        "paired_acgan_blond_hair",
        "ACGAN on pairs, Blond_Hair",
    ),
    # Autoencoders of 28x28 digits. A linear one has no batch norm to bear as high a rate, and its steps cost a
    # quarter: it takes three times as many.
    autoencoder(
        "linear_autoencoder",
        "linear autoencoder",
        AutoencoderSettings(network="linear", task="reconstruct", epochs=24, learning_rate=3e-3),
        3,
    ),
    autoencoder(
        "conv_autoencoder",
        "convolutional autoencoder",
        AutoencoderSettings(network="convolutional", task="reconstruct"),
        4,
    ),
    # What the places of the maxima are worth.
    autoencoder(
        "conv_autoencoder_no_places",
        "convolutional autoencoder without the maxima's places",
        AutoencoderSettings(network="convolutional", task="reconstruct", keep_places=False),
        4,
    ),
    autoencoder(
        "linear_denoiser",
        "linear denoiser",
        AutoencoderSettings(network="linear", task="denoise", epochs=24, learning_rate=3e-3),
        3,
    ),
    autoencoder(
        "conv_denoiser", "convolutional denoiser", AutoencoderSettings(network="convolutional", task="denoise"), 4
    ),
    # At 32x32, the encoder that learns from 50 labels; noise as the assignment has it. Each step costs four times
    # the convolutional one's.
    autoencoder(
        "latent_denoiser",
        "latent denoiser",
        AutoencoderSettings(network="latent", task="denoise", noise=0.35, epochs=4),
        5,
        size=32,
    ),
    # 50 labels.
    transfer("layer", "frozen"),
    transfer("layer", "trained"),
    transfer("mlp", "frozen"),
    transfer("mlp", "trained"),
    # The unlabelled images too: adaptation from 50 labelled digits to all others, which are of the same domain.
    # Half of the width and a fifth of the steps: strokes on black are simpler than house numbers.
    System(
        "transfer_unlabelled",
        "mean teacher on the unlabelled images",
        MeanTeacher,
        MeanTeacherSettings(
            source="mnist", target="mnist", epochs=10, steps_per_epoch=400, channels=(8, 16, 32, 64, 128)
        ),
        load_few_and_unlabelled,
        "few_labels",
        5,
    ),
    # Generators of digits, and who judges them.
    System(
        "digit_judge",
        "classifier of grey digits",
        GreyDigitClassifier,
        GreyDigitClassifierSettings(),
        partial(load_labelled, size=32),
        "digit_generators",
        5,
    ),
    System(
        "digits_of_generator",
        "classifier of generated digits",
        GreyDigitClassifier,
        GreyDigitClassifierSettings(epochs=4),
        load_generated,
        "digit_generators",
        3,
    ),
    digit_gan("digit_gan", "GAN", DigitGanSettings(), 6),
    digit_gan(
        "digit_gan_plain_end", "GAN without a last convolution and tanh", DigitGanSettings(last_convolution=False), 5
    ),
    digit_gan(
        "digit_gan_conditional",
        "GAN told the digit before the decoder",
        ConditionalDigitGanSettings(joined="before"),
        6,
    ),
    digit_gan(
        "digit_gan_label_after", "GAN told the digit after the decoder", ConditionalDigitGanSettings(joined="after"), 6
    ),
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
    brain(SegmentationSettings(loss="dice")),
    brain(SegmentationSettings(loss="bce")),
    brain(SegmentationSettings(loss="both")),
)
SYSTEMS = {row.name: row for row in ROWS}
# What the scripts and `python3 -m inference` use; the attribute classifier measures faces and has no verb there.
RELEASED = {name: row.weights for rows in (PREDICT, TRANSFORM, DRAW) for name, row in rows.items()}
RELEASED["attribute_classifier"] = "attribute_classifier.pth"


def methods_of(family: str) -> dict[str, type[Method]]:
    """{name: class} of a family's methods, in the table's order."""
    return {row.method.name: row.method for row in ROWS if row.family == family}
