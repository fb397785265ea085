"""The rows of a class's summary, and what each rests on: a row that rests on something else now does not count."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from grading.folders import FolderError, entries
from grading.grade import Order
from grading.outcomes import Outcome
from grading.results import Results

ROW = "row.json"


class Basis(msgspec.Struct):
    """What a row rests on: with another one now, the submission is graded again."""

    submission: str  # digest of its files' names, sizes and times; "" where that is not known
    terms: str  # digest of the scheme, the deadline and the data folder's path
    protected: bool  # whether the code ran in a sandbox


class Row(msgspec.Struct):
    """A line of the summary."""

    submission: str
    basis: Basis
    points: float | None = None  # None: not graded, `reason` says why
    items: list[float | None] = []  # in the scheme's order
    late_days: int | None = 0
    outcomes: dict[str, int] = {}
    reason: str = ""  # the first thing to look at
    seconds: float = 0.0
    missing_walls: list[str] = []

    @property
    def grader_failed(self) -> bool:
        return self.points is None or Outcome.GRADER_ERROR.value in self.outcomes


def digest(content: object) -> str:
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def basis(order: Order) -> Basis:
    """Of the row that is to be made."""
    limits = msgspec.structs.replace(order.scheme.limits, cpu_threads=0)  # depends on how many jobs share the cores
    scheme = msgspec.structs.replace(order.scheme, limits=limits)
    terms = [scheme, order.deadline, order.received, order.fetched_code, os.fsencode(order.data)]
    return Basis(submission_run(order), digest(terms), order.protected)


def submission_run(order: Order) -> str:
    """Digest of the submission whose runs count: to be scored again, they are an earlier call's."""
    if order.regrade:
        return row.basis.submission if (row := kept_row(order.out)) else ""
    return digest(sorted(file_states(order.submission)))


def file_states(submission: Path) -> Iterator[tuple[bytes, int, int, int]]:
    """(name, mode, size, time of writing) of all files. What cannot be looked at is left out: it will be refused."""
    place = Path(os.path.realpath(submission))
    with suppress(FolderError, OSError):
        for file in entries(place) if place.is_dir() else [place]:
            state = file.stat(follow_symlinks=False)
            if not stat.S_ISDIR(state.st_mode):
                yield os.fsencode(os.path.relpath(file, place)), state.st_mode, state.st_size, state.st_mtime_ns


def row_of(name: str, rests_on: Basis, results: Results, seconds: float) -> Row:
    return Row(
        name,
        rests_on,
        results.score,
        [item.points for item in results.items if item.points is not None],
        results.origin.late_days,
        results.counts(),
        results.reason(),
        round(seconds, 2),
        results.missing_walls,
    )


def finished_row(order: Order) -> Row | None:
    """The row of an earlier call, unless it rests on something else or the grader failed in it."""
    row = kept_row(order.out)
    return row if row and row.basis == basis(order) and not row.grader_failed else None


def kept_row(out: Path) -> Row | None:
    try:
        return msgspec.json.decode((out / ROW).read_bytes(), type=Row)
    except (OSError, msgspec.DecodeError):
        return None
