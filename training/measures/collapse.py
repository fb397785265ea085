"""Notices from a run's own metrics that it no longer learns."""

import math

from training.errors import TrainingCollapsed

# Before that both networks are far from any balance.
GRACE = 3  # epochs
# Real images' pixels vary by 1 on this scale; a generator that paints the same few stays far below.
LEAST_SAMPLE_VARIANCE = 0.2
# A discriminator that errs on one image in fifty tells the generator nothing about which way to go.
MOST_ACCURACY = 0.98
# Percent: a classifier worth adapting is right more often than not, and adaptation should leave those images alone.
LEAST_READ_AS_AT_FIRST = 50
# Percent: no method that works reads more than a quarter of any target's images as one digit.
MOST_OF_ONE_DIGIT = 40


def check_finite(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed after an epoch with a metric that is no number any more."""
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise TrainingCollapsed(
                f"collapsed in epoch {metrics['epoch']}: {name} is {value}; try a smaller learning rate"
            )


def check_adversary(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed where the discriminator has won; `discriminator_accuracy` is of 1."""
    check_finite(metrics)
    accuracy = metrics.get("discriminator_accuracy", 0)
    if metrics["epoch"] > GRACE and accuracy > MOST_ACCURACY:
        raise TrainingCollapsed(
            f"collapsed in epoch {metrics['epoch']}: the discriminator is right on {accuracy:.1%} of images, "
            f"more than {MOST_ACCURACY:.0%}; try a smaller rate for it"
        )


def check_collapse(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed after an epoch of a GAN with these metrics: its number, losses and, where the
    method has them, `sample_variance` (in units of real images') and `discriminator_accuracy` (of 1)."""
    check_adversary(metrics)
    variance = metrics.get("sample_variance", 1)
    if metrics["epoch"] > GRACE and variance < LEAST_SAMPLE_VARIANCE:
        raise TrainingCollapsed(
            f"collapsed in epoch {metrics['epoch']}: samples vary {variance:.3f} times as much as real images, "
            f"less than {LEAST_SAMPLE_VARIANCE}; try another seed"
        )


def check_classes(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed where adaptation has swapped or merged classes: `read_as_at_first` and
    `most_frequent_digit` are percent of the target's unlabelled images."""
    same, most = metrics["read_as_at_first"], metrics["most_frequent_digit"]
    if metrics["epoch"] <= GRACE:
        return
    if same < LEAST_READ_AS_AT_FIRST:
        raise TrainingCollapsed(
            f"collapsed in epoch {metrics['epoch']}: {same:.0f} % of the target's images are read as at first, "
            f"less than {LEAST_READ_AS_AT_FIRST}: classes are swapped; try a smaller learning rate"
        )
    if most > MOST_OF_ONE_DIGIT:
        raise TrainingCollapsed(
            f"collapsed in epoch {metrics['epoch']}: {most:.0f} % of the target's images are read as one digit, "
            f"more than {MOST_OF_ONE_DIGIT}; try a smaller learning rate"
        )
