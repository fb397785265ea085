"""Scores a predictions CSV over every test image.

A missing, repeated or unreadable prediction is a wrong one, and is named; unknown names cost nothing.
"""

import csv
import io
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from grading.images import SUFFIXES

HEADER = ["image_name", "label"]
DIGITS = list("0123456789")
NO_DIGIT = "none"
SHOWN = 5  # names in one message
NAME_SHOWN = 60  # characters of one
MOST_ROWS = 1_000_000


class CsvError(Exception):
    """A file that is no CSV of predictions, in one line."""


class Predictions(NamedTuple):
    rows: list[tuple[str, str]]
    oddities: list[str]  # what is not as asked for but can be read all the same
    notes: list[str]  # the same, where the course's own scorer reads it too


class Score(NamedTuple):
    accuracy: float  # percent of all images
    per_class: dict[str, float]  # percent of the images of that label
    confusion: list[list[int]]  # rows: the ten labels; columns: the ten predictions, then none
    complaints: list[str]


def read_predictions(path: Path) -> Predictions:
    """Raises CsvError where the rows cannot be read at all."""
    raw = path.read_bytes()
    if b"\0" in raw:
        raise CsvError("holds zero bytes: UTF-16, or no text at all; write UTF-8")
    try:
        text = raw.decode("utf-8-sig")
        header, *rows = list(islice(csv.reader(io.StringIO(text, newline="")), MOST_ROWS)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvError(f"not a CSV file: {error}") from error
    if len(rows) + 1 == MOST_ROWS:
        raise CsvError(f"has {MOST_ROWS:,} lines or more")
    notes = header_notes(header)
    if header[0].lower().endswith(SUFFIXES):
        rows.insert(0, header)
    if any(len(row) > 2 for row in rows):
        notes.append("has more than two columns; the first two count")
    pairs = [(row[0], row[1] if len(row) > 1 else "") for row in rows if row]
    return Predictions(pairs, oddities(raw, pairs), notes)


def header_notes(header: list[str]) -> list[str]:
    """Raises CsvError where the first line is neither a header that begins with image_name nor a prediction.

    The course's own scorer takes the first two cells of each line, and knows a header by its first cell.
    """
    said = f"the first line is {','.join(header)[:80]!r}, not 'image_name,label'"
    if header == HEADER:
        return []
    if header[:1] == HEADER[:1]:
        return [said]
    if len(header) > 1 and header[0].lower().endswith(SUFFIXES):
        return ["has no header"]
    raise CsvError(said)


def oddities(raw: bytes, rows: list[tuple[str, str]]) -> list[str]:
    names = [name for name, _ in rows]
    odd = {
        "begins with a byte order mark": raw.startswith(b"\xef\xbb\xbf"),
        "has CRLF line ends": b"\r" in raw,
        "does not end with a line end": not raw.endswith(b"\n"),
        "is not sorted by name": names != sorted(names),
    }
    return [what for what, there in odd.items() if there]


def read_labels(path: Path) -> dict[str, str]:
    """Image name -> label, of the data. Raises ValueError or OSError where it cannot serve."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        labels = {row["image_name"]: row["label"] for row in csv.DictReader(file)}
    if not labels or not all(labels) or set(labels.values()) - set(DIGITS):
        raise ValueError(f"{path}: no labels, one without an image's name, or one that is no digit")
    return labels


def named(kind: str, names: list[str]) -> list[str]:
    more = ", ..." if len(names) > SHOWN else ""
    return [f"{kind}: {len(names)} ({', '.join(name[:NAME_SHOWN] for name in names[:SHOWN])}{more})"] if names else []


def score(rows: list[tuple[str, str]], labels: dict[str, str]) -> Score:
    times, given = Counter(name for name, _ in rows), dict(rows)
    once = {name: given[name] for name in labels if times[name] == 1}
    answers = [once[name] if once.get(name) in DIGITS else NO_DIGIT for name in labels]
    truth = list(labels.values())
    counts = confusion(truth, answers)
    return Score(
        100 * sum(a == b for a, b in zip(truth, answers)) / len(labels),
        {digit: 100 * int(row[int(digit)]) / int(row.sum()) for digit, row in zip(DIGITS, counts) if row.sum()},
        counts.tolist(),
        [
            *named("missing", [name for name in labels if not times[name]]),
            *named("repeated", [name for name in labels if times[name] > 1]),
            *named("no plain digit", [name for name, label in once.items() if label not in DIGITS]),
            *named("unknown", [name for name in times if name not in labels]),
        ],
    )


def confusion(truth: list[str], answers: list[str]) -> np.ndarray:
    """Counts, ten labels x ten predictions and none. Not scikit-learn's: its import takes longer than grading."""
    columns = [*DIGITS, NO_DIGIT]
    counts = np.zeros((10, 11), dtype=int)
    np.add.at(counts, tuple([columns.index(label) for label in labels] for labels in (truth, answers)), 1)
    return counts


def renamed(rows: list[tuple[str, str]], originals: dict[str, str]) -> list[tuple[str, str]]:
    """Rows of the second run under the names of the first."""
    return [(originals.get(name, name), label) for name, label in rows]


def differing(first: list[tuple[str, str]], second: list[tuple[str, str]], labels: dict[str, str]) -> list[str]:
    """Images with another answer, repeated ones in any order."""
    answers = [{name: [] for name in labels} for _ in range(2)]
    for given, rows in zip(answers, (first, second)):
        for name, label in rows:
            given.setdefault(name, []).append(label)
    return [name for name in labels if sorted(answers[0][name]) != sorted(answers[1][name])]
