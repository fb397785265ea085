"""Rows of digit classifiers that predict a domain, most of them one whose labels they never see."""

from training.augment.domains import DOMAINS
from training.data.domain_pair import load_domains
from training.data.labelled_domain import load_source
from training.methods.adda import Adda, AddaSettings
from training.methods.dann import Dann, DannSettings, PlainDann
from training.methods.digits import DigitMethod
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.methods.source_augmented import SourceAugmented
from training.methods.source_only import SourceOnly
from training.methods.target_only import TargetOnly, TargetOnlySettings
from training.settings import DigitSettings
from training.systems.system import System

# Of the 2020 assignment, and one that the 2019 assignment has besides.
SCENARIOS = (("usps", "mnistm"), ("mnistm", "svhn"), ("svhn", "usps"), ("svhn", "mnistm"))


def adaptation(method: type[DigitMethod], settings: DigitSettings, minutes: int) -> System:
    """A row of digits: its name and title say the scenario, or the domain where source and target are one."""
    names = dict.fromkeys((settings.source, settings.target))
    row = "_".join((method.name, *names))
    title = f"{method.title}, {' → '.join(DOMAINS[name].title for name in names)}"
    load = load_domains if method.sees_target else load_source
    return System(row, title, method, settings, load, "digits", minutes)


def in_all_scenarios(
    method: type[DigitMethod], minutes: int, settings: type[DigitSettings] = DigitSettings, **numbers
) -> list[System]:
    """Rows of one recipe."""
    return [
        adaptation(method, settings(source=source, target=target, **numbers), minutes) for source, target in SCENARIOS
    ]


def target_only(domain: str, epochs: int, **numbers: float) -> System:
    """A minute an epoch of 800 steps: that many, until accuracy on held-out images no longer rises."""
    settings = TargetOnlySettings(source=domain, target=domain, epochs=epochs, steps_per_epoch=800, **numbers)
    return adaptation(TargetOnly, settings, epochs)


ROWS = (
    # The lower bound. Plain augmentation is all that may be known without the target.
    *in_all_scenarios(SourceOnly, 5, augmentation="plain"),
    # DANN by itself. Of four candidates these numbers came first by label-free measures (docs/adaptation.md).
    *in_all_scenarios(PlainDann, 8, DannSettings, augmentation="plain", reversal=1.0),
    *in_all_scenarios(SourceAugmented, 7),
    # DANN's strength and statistics are those with which two seeds agreed most on the target's unlabelled images:
    # of the strengths 0.02, 0.1 and 1 the weakest wherever SVHN is the source, and the source's statistics
    # wherever MNIST-M meets SVHN.
    adaptation(Dann, DannSettings(source="usps", target="mnistm"), 11),
    adaptation(Dann, DannSettings(source="mnistm", target="svhn", statistics="source"), 11),
    adaptation(Dann, DannSettings(source="svhn", target="usps", reversal=0.02), 11),
    adaptation(Dann, DannSettings(source="svhn", target="mnistm", reversal=0.02, statistics="source"), 11),
    # Each from a run of source only, augmented.
    *in_all_scenarios(Adda, 5, AddaSettings),
    *in_all_scenarios(MeanTeacher, 40, MeanTeacherSettings),
    # Each target as its own source. MNIST-M alone has enough images to do without strong distortion.
    target_only("mnistm", 16, strong_share=0),
    target_only("svhn", 8),
    target_only("usps", 4),
)
