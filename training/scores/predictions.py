"""Accuracy of a predictions CSV over every row of the truth.

    python3 -m training.scores.predictions predictions.csv hw3_data/digits/usps/test.csv

The course's own scorer looks at the predicted rows only, so a missing image costs nothing there.
Here a missing, repeated or unreadable prediction is a wrong one, and is named.
"""

import argparse
import csv
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

DIGITS = frozenset("0123456789")
COLUMNS = {"image_name", "label"}
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Score:
    """What a predictions file is worth; image names in the order in which the truth has them."""

    accuracy: float  # percent of all truth rows
    per_class: dict[int, float]  # percent of the truth rows of that label; labels that occur
    total: int  # truth rows
    missing: tuple[str, ...]  # images without a prediction
    repeated: tuple[str, ...]  # images with more than one, even where they agree
    unreadable: tuple[str, ...]  # images whose only prediction is no plain digit: 7.0, nan, nothing
    unknown: tuple[str, ...]  # predicted names that the truth does not have; they cost nothing


def read_rows(path: Path | str) -> list[tuple[str, str]]:
    """(image name, label) pairs of a CSV with any line ends, with or without a byte order mark.

    Raises ValueError where it is no such CSV, OSError where it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(reader.fieldnames or ()) >= COLUMNS:
                raise ValueError(f"{path}: the first line must be image_name,label")
            return [(row["image_name"] or "", row["label"] or "") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV file ({error})") from error


def read_truth(path: Path | str) -> dict[str, str]:
    """Image name -> label. Raises ValueError where it cannot serve as a truth, OSError where it cannot be read."""
    rows = read_rows(path)
    if not rows:
        raise ValueError(f"{path}: no images listed")
    for name, label in rows:
        if label not in DIGITS:
            raise ValueError(f"{path}: {name} has the label {label!r}, expected a digit 0 to 9")
    truth = dict(rows)
    if len(truth) < len(rows):
        raise ValueError(f"{path}: {Counter(name for name, _ in rows).most_common(1)[0][0]} is listed twice")
    return truth


def percent(names: list[str], correct: set[str]) -> float:
    return 100 * sum(name in correct for name in names) / len(names)


def score(predictions: Path | str, truth: Path | str) -> Score:
    """Scores one CSV file against another. Raises ValueError or OSError where either cannot be used."""
    labels, rows = read_truth(truth), read_rows(predictions)
    predicted, times = dict(rows), Counter(name for name, _ in rows)
    once = [name for name in labels if times[name] == 1]
    correct = {name for name in once if predicted[name] == labels[name]}
    by_label = {label: [name for name in labels if labels[name] == label] for label in sorted(set(labels.values()))}
    return Score(
        accuracy=percent(list(labels), correct),
        per_class={int(label): percent(names, correct) for label, names in by_label.items()},
        total=len(labels),
        missing=tuple(name for name in labels if times[name] == 0),
        repeated=tuple(name for name in labels if times[name] > 1),
        unreadable=tuple(name for name in once if predicted[name] not in DIGITS),
        unknown=tuple(name for name in predicted if name not in labels),
    )


def complaints(result: Score) -> list[str]:
    """One line for each kind of prediction that does not count, naming the first few images."""
    lines = []
    for kind in ("missing", "repeated", "unreadable", "unknown"):
        names = getattr(result, kind)
        if names:
            more = ", ..." if len(names) > NAMES_SHOWN else ""
            lines.append(f"{kind}: {len(names)} ({', '.join(names[:NAMES_SHOWN])}{more})")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy over every row of the truth.")
    parser.add_argument("predictions", type=Path)
    parser.add_argument("truth", type=Path)
    arguments = parser.parse_args()
    try:
        result = score(arguments.predictions, arguments.truth)
    except (OSError, ValueError) as error:
        print(f"cannot score: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"accuracy {result.accuracy:.2f} % of {result.total} images")
    print("per class", "  ".join(f"{label}: {accuracy:.1f}" for label, accuracy in result.per_class.items()))
    for line in complaints(result):
        print(line)


if __name__ == "__main__":
    main()
