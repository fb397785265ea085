"""class.html, which runs no script: the submissions in one sortable table, how the points are spread, similar code."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from grading.class_names import PAGE, left_out
from grading.class_rows import Row
from grading.grade import Order
from grading.names import SOURCE
from grading.report import NAME as REPORT
from grading.report import TEMPLATES, provenance
from grading.results import MISSING, UNPROTECTED, write_whole

if TYPE_CHECKING:
    from grading.similarity import Similar

BINS = 10  # bars of a distribution


def distribution(values: list[float], largest: float) -> list[tuple[str, int]]:
    """(range, how many) for equal ranges from 0 to the largest number of points."""
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(BINS * value / largest))] += 1
    step = largest / BINS
    return [(f"{step * place:g} to {step * (place + 1):g}", count) for place, count in enumerate(counts)]


def ranks(columns: list[Sequence]) -> list[list[int]]:
    """For each row its place in every column, lowest first; equal cells share one."""
    places = [{cell: place for place, cell in enumerate(sorted(set(column)))} for column in columns]
    return [[place[cell] for place, cell in zip(places, row)] for row in zip(*columns)]


def cells(rows: list[Row], problems: int) -> list[Sequence]:
    """The columns as they are sorted; what is missing comes first."""
    items = [[row.items[place] if row.items else -1 for row in rows] for place in range(problems)]
    return [
        [row.submission.casefold() for row in rows],
        [-1 if row.points is None else row.points for row in rows],
        *items,
        [-1 if row.late_days is None else row.late_days for row in rows],
        [row.reason for row in rows],
    ]


def similar_code(sources: dict[str, Path], starter: str) -> "Similar | None":
    """The pairs of grading/similarity.py; None for a single submission, which has nothing beside it."""
    if len(sources) < 2:
        return None
    from grading.similarity import similar_pairs  # brings Matplotlib with it: half a second of processor time

    return similar_pairs(sources, starter)


def write_page(order: Order, rows: list[Row]) -> Path:
    graded = [row for row in rows if row.points is not None]
    problems = order.scheme.problems
    most = sum(each.max_points for each in problems)
    distributions = {"all of them": distribution([row.points for row in graded], most)}
    distributions |= {
        each.item: distribution([row.items[place] for row in graded if row.items], each.max_points)
        for place, each in enumerate(problems)
    }
    kept = {row.submission: order.out / row.submission / "raw" / SOURCE for row in graded}
    sources = {name: path for name, path in kept.items() if path.is_file()}
    page = TEMPLATES.get_template("class.html").render(
        scheme=order.scheme,
        rows=rows,
        problems=problems,
        distributions=distributions,
        report=REPORT,
        most=most,
        columns=["submission", "points", *(each.name for each in problems), "days late", "reason"],
        ranks=ranks(cells(rows, len(problems))),
        full=sum(row.points == most for row in graded),
        median=median([row.points for row in graded] or [0]),
        failed=sum(row.grader_failed for row in rows),
        left_out=left_out(order.submission),
        similar=similar_code(sources, order.scheme.starter_files),
        missing_walls=list(dict.fromkeys(MISSING + wall for row in rows for wall in row.missing_walls)),
        protected=all(row.basis.protected for row in rows),
        unprotected=UNPROTECTED,
        **provenance(order.scheme),
    )
    write_whole(order.out / PAGE, page.encode())
    return order.out / PAGE
