"""Notices from a run's own metrics that it no longer learns."""

import math

from training.errors import TrainingCollapsed

# Before that both networks are far from any balance.
GRACE = 3  # epochs
# Real images' pixels vary by 1 on this scale; a generator that paints the same few stays far below.
LEAST_SAMPLE_VARIANCE = 0.2
# A discriminator that errs on one image in fifty tells the generator nothing about which way to go.
MOST_ACCURACY = 0.98


def check_finite(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed after an epoch with a metric that is no number any more."""
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise TrainingCollapsed(f"collapsed in epoch {metrics['epoch']}: {name} is {value}; try a smaller learning rate")


def check_collapse(metrics: dict[str, float]) -> None:
    """Raises TrainingCollapsed after an epoch with these metrics: its number, losses and, where the
    method has them, `sample_variance` (in units of real images') and `discriminator_accuracy` (of 1)."""
    check_finite(metrics)
    where = f"collapsed in epoch {metrics['epoch']}"
    if metrics["epoch"] <= GRACE:
        return
    variance, accuracy = metrics.get("sample_variance", 1), metrics.get("discriminator_accuracy", 0)
    if variance < LEAST_SAMPLE_VARIANCE:
        raise TrainingCollapsed(f"{where}: samples vary {variance:.3f} times as much as real images, "
                                f"less than {LEAST_SAMPLE_VARIANCE}; try another seed")
    if accuracy > MOST_ACCURACY:
        raise TrainingCollapsed(f"{where}: the discriminator is right on {accuracy:.1%} of images, "
                                f"more than {MOST_ACCURACY:.0%}; try a smaller rate for it")
