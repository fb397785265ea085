"""The table of systems: a row for everything that can be trained, with the numbers that its results were made with.

    python3 -m training list
    python3 -m training dann_svhn_usps --bf16

Numbers that a row leaves out are its settings class's, each with its reason there. A number that a row
sets has its reason beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from inference.models import DRAW, PREDICT, TRANSFORM
from training.augment.domains import DOMAINS
from training.data.domain_pair import load_domains
from training.data.face_split import load_faces
from training.methods.acgan import Acgan, AcganSettings
from training.methods.attribute_classifier import AttributeClassifier, AttributeClassifierSettings
from training.methods.base import Method
from training.methods.dann import Dann, DannSettings
from training.methods.gan import Gan, GanSettings
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.methods.source_only import SourceOnly
from training.methods.target_only import TargetOnly
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


def adaptation(method: type[Method], settings: DigitSettings, minutes: int) -> System:
    """A row of digits: its name and title say the scenario."""
    source, target = settings.source, settings.target
    if source == target:
        return System(f"{method.name}_{target}", f"{method.title}, {DOMAINS[target].title}",
                      method, settings, load_domains, "digits", minutes)
    return System(f"{method.name}_{source}_{target}", f"{method.title}, {DOMAINS[source].title} → {DOMAINS[target].title}",
                  method, settings, load_domains, "digits", minutes)


def face(method: type[Method], settings: RunSettings, minutes: int) -> System:
    return System(method.name, method.title, method, settings, load_faces, "faces", minutes)


ROWS = (
    # The same network and the same number of steps as DANN.
    adaptation(SourceOnly, DigitSettings(source="usps", target="mnistm"), 7),
    adaptation(SourceOnly, DigitSettings(source="mnistm", target="svhn"), 7),
    adaptation(SourceOnly, DigitSettings(source="svhn", target="usps"), 7),
    adaptation(SourceOnly, DigitSettings(source="svhn", target="mnistm"), 7),
    # DANN's strength and statistics are those with which two seeds agreed most on the target's unlabelled images:
    # of the strengths 0.02, 0.1 and 1 the weakest wherever SVHN is the source, and the source's statistics
    # wherever MNIST-M meets SVHN.
    adaptation(Dann, DannSettings(source="usps", target="mnistm"), 11),
    adaptation(Dann, DannSettings(source="mnistm", target="svhn", statistics="source"), 11),
    adaptation(Dann, DannSettings(source="svhn", target="usps", reversal=0.02), 11),
    adaptation(Dann, DannSettings(source="svhn", target="mnistm", reversal=0.02, statistics="source"), 11),
    # One recipe for all scenarios.
    adaptation(MeanTeacher, MeanTeacherSettings(source="usps", target="mnistm"), 40),
    adaptation(MeanTeacher, MeanTeacherSettings(source="mnistm", target="svhn"), 40),
    adaptation(MeanTeacher, MeanTeacherSettings(source="svhn", target="usps"), 40),
    adaptation(MeanTeacher, MeanTeacherSettings(source="svhn", target="mnistm"), 40),
    # Each target as its own source.
    adaptation(TargetOnly, DigitSettings(source="mnistm", target="mnistm"), 6),
    adaptation(TargetOnly, DigitSettings(source="svhn", target="svhn"), 6),
    adaptation(TargetOnly, DigitSettings(source="usps", target="usps"), 6),
    # Faces. The attribute classifier measures the others.
    face(AttributeClassifier, AttributeClassifierSettings(), 12),
    face(Vae, VaeSettings(), 8),
    face(Gan, GanSettings(), 20),
    face(Acgan, AcganSettings(), 8),
)
SYSTEMS = {row.name: row for row in ROWS}
# What the scripts and `python3 -m inference` use; the attribute classifier measures faces and has no verb there.
RELEASED = {name: row.weights for rows in (PREDICT, TRANSFORM, DRAW) for name, row in rows.items()}
RELEASED["attribute_classifier"] = "attribute_classifier.pth"


def methods_of(family: str) -> dict[str, type[Method]]:
    """{name: class} of a family's methods, in the table's order."""
    return {row.method.name: row.method for row in ROWS if row.family == family}
