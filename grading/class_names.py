"""Which submissions a class has, under which names they are written down, and when they came."""

import csv
import hashlib
import os
import unicodedata
from collections import Counter
from datetime import datetime
from pathlib import Path

from grading.outcomes import printable

MARKER, PAGE = "summary.csv", "class.html"
LONGEST = 200  # bytes of a report folder's name
FORMULA = tuple("=+-@\t\r")  # with one of these a cell begins that a spreadsheet would run


class ReceivedError(Exception):
    """A table of times of hand-in that cannot be used, in one line."""


def submissions(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def left_out(folder: Path) -> list[str]:
    """Names that are no submission's: a system's own files, but a student's can begin with a dot too."""
    return sorted(printable(path.name) for path in folder.iterdir() if path.name.startswith("."))


def report_names(paths: list[Path]) -> dict[str, Path]:
    """The folder of each one's report, beside the summary -> the submission. Names that a terminal, a table or
    another file system would take for the same one are told apart by a digest of their bytes."""
    shown = {path: printable(path.name) for path in paths}
    times = Counter([*map(alike, shown.values()), MARKER, PAGE])
    return {
        marked(path) if times[alike(name)] > 1 or len(name.encode()) > LONGEST else name: path
        for path, name in shown.items()
    }


def alike(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip(" .")


def marked(path: Path) -> str:
    name = printable(path.name).encode()[:LONGEST].decode(errors="ignore")
    return f"{name} ({hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]})"


def cell(value: object) -> object:
    """As a spreadsheet shows it instead of running it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def received_times(table: Path, paths: list[Path]) -> dict[str, datetime]:
    """Submission's name -> when it came: a CSV with the columns submission and received, of which each
    submission has one row at most. Raises ReceivedError."""
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            rows = [(row["submission"], row["received"]) for row in csv.DictReader(file)]
        times = {name: datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone() for name, text in rows}
    except (OSError, KeyError, ValueError, AttributeError, csv.Error) as error:
        raise ReceivedError(
            f"{table}: no table of submission,received with times in ISO 8601 ({type(error).__name__}: {error})"
        ) from error
    unknown = sorted(times.keys() - {path.name for path in paths})
    if unknown or len(times) < len(rows):
        wrong = f"no submission is called {unknown[0]}" if unknown else "a submission stands in it twice"
        raise ReceivedError(f"{table}: {printable(wrong)}")
    return times
