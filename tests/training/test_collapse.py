import pytest

from training.measures.collapse import GRACE, TrainingCollapsed, check_collapse

HEALTHY = {"epoch": GRACE + 1, "discriminator_loss": 1.3, "discriminator_accuracy": 0.8, "sample_variance": 0.7}


@pytest.mark.parametrize(
    "metrics", [HEALTHY, HEALTHY | {"discriminator_accuracy": 0.5, "sample_variance": 1.4}, {"epoch": 9, "mse": 0.02}]
)
def test_a_healthy_epoch_passes(metrics):
    check_collapse(metrics)


@pytest.mark.parametrize(
    "seen, complaint",
    [
        ({"sample_variance": 0.01}, "samples vary 0.010 times"),
        ({"discriminator_accuracy": 0.999}, "right on 99.9% of images"),
        ({"generator_loss": float("nan")}, "generator_loss is nan"),
        ({"discriminator_loss": float("inf")}, "discriminator_loss is inf"),
    ],
)
def test_each_collapse_is_told_in_one_line(seen, complaint):
    with pytest.raises(TrainingCollapsed, match=f"epoch {GRACE + 1}.*{complaint}") as error:
        check_collapse(HEALTHY | seen)
    assert "\n" not in str(error.value)


def test_first_epochs_may_look_collapsed_but_not_be_nan():
    check_collapse(HEALTHY | {"epoch": GRACE, "sample_variance": 0.0, "discriminator_accuracy": 1.0})
    with pytest.raises(TrainingCollapsed):
        check_collapse(HEALTHY | {"epoch": 1, "generator_loss": float("nan")})
