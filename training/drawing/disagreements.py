"""Where two runs disagree on the target's unlabelled training images: a look at mistakes that needs no label.

    python3 -m training.drawing.disagreements runs/dann_usps_mnistm runs/mean_teacher_usps_mnistm \\
        --out figures/digits/disagreements_usps_mnistm.png

Prints the most frequent pairs of answers and draws the images of which both are surest.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from training.data.digits import read_images
from training.drawing.mistakes import Predictions, draw_mistakes, predict
from training.errors import DataError, exit_in_one_line
from training.scores.digits import digit_runs

IMAGES = 12_000  # the first of the training split: enough for a pair of one in a thousand to show
PAIRS_SHOWN = 10


def frequent_pairs(first: Predictions, second: Predictions) -> list[tuple[tuple[int, int], int]]:
    """((first's digit, second's digit), images), most frequent first, where they differ."""
    differ = first.labels != second.labels
    pairs = zip(first.labels[differ].tolist(), second.labels[differ].tolist(), strict=True)
    return Counter(pairs).most_common()


def main(
    first: Annotated[Path, tyro.conf.Positional],
    second: Annotated[Path, tyro.conf.Positional],
    /,
    out: Path,
    data: Path = Path("hw3_data"),
) -> None:
    """Compares two finished runs with the same target.

    Args:
        first: Run folder.
        second: Run folder.
        out: Picture to write.
        data: Data in the course layout.
    """
    with exit_in_one_line("disagreements"):
        compare(first, second, out, data)


def compare(first: Path, second: Path, out: Path, data: Path) -> None:
    """Raises DataError where these are no runs of one target, and what reading the data raises."""
    images = read_images(data, common_target(first, second), "train")[:IMAGES]
    answers = [predict(run, images) for run in (first, second)]
    pairs = frequent_pairs(*answers)
    print(
        f"{sum(count for _, count in pairs)} of {len(images)} differ: "
        + ", ".join(f"{one} or {other} {count}" for (one, other), count in pairs[:PAIRS_SHOWN])
    )
    both_sure = Predictions(answers[1].labels, np.minimum(answers[0].confidences, answers[1].confidences))
    draw_mistakes(
        both_sure,
        images,
        answers[0].labels,
        f"{first.name} → {second.name}, and the lesser confidence in percent:\nunlabelled training images",
        out,
    )


def common_target(first: Path, second: Path) -> str:
    """The domain that both runs predict. Raises DataError where they are no digit method's, or of two domains."""
    checkpoints = digit_runs((first, second))
    for run in (first, second):
        if run not in checkpoints:
            raise DataError(f"{run} is no finished run of a digit method")
    target, other = (checkpoints[run]["target"] for run in (first, second))
    if target != other:
        raise DataError(f"{first} predicts {target} and {second} predicts {other}: give runs of one target")
    return target


if __name__ == "__main__":
    tyro.cli(main)
