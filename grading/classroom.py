"""Grades every submission in a folder, each in a worker process of a Dask cluster.

Without an address the cluster is made here, with one process a job. A row is kept beside each
finished report, so a class that was stopped anywhere goes on with what is left; a row that rests on
other files, another scheme or the like does not count. A submission that takes its worker along
costs that worker, which is replaced, and no other submission.
"""

import csv
import hashlib
import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

import msgspec
from distributed import Client, as_completed
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from grading.class_names import MARKER, PAGE, cell, left_out, received_times, report_names, submissions
from grading.folders import FolderError, entries
from grading.grade import SOURCE, Order, grade
from grading.outcomes import Outcome, printable
from grading.report import NAME as REPORT
from grading.report import TEMPLATES, write_report
from grading.results import MISSING, UNPROTECTED, Results, write_whole
from grading.sandbox import require_sandbox
from grading.scheme import Scheme
from grading.workers import cluster

ROW = "row.json"
BINS = 10     # bars of a distribution


class Basis(msgspec.Struct):
    """What a row rests on: with another one now, the submission is graded again."""

    submission: str   # digest of its files' names, sizes and times; "" where that is not known
    terms: str        # digest of the scheme, the deadline and the data folder's path
    protected: bool   # whether the code ran in a sandbox


class Row(msgspec.Struct):
    """A line of the summary."""

    submission: str
    basis: Basis
    points: float | None = None        # None: not graded, `reason` says why
    items: list[float | None] = []     # in the scheme's order
    late_days: int | None = 0
    outcomes: dict[str, int] = {}
    reason: str = ""                   # the first thing to look at
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
    return Basis(submission_run(order), digest([scheme, order.deadline, order.received, order.fetched_code, os.fsencode(order.data)]), order.protected)


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
    return Row(name, rests_on, results.score, [item.points for item in results.items if item.points is not None],
               results.origin.late_days, results.counts(), results.reason(), round(seconds, 2),
               results.missing_walls)


def grade_entry(order: Order, rests_on: Basis) -> Row:
    """What a worker does: grades one submission and leaves its row as the mark that it is finished."""
    start = time.monotonic()
    (order.out / ROW).unlink(missing_ok=True)  # an earlier one's: what is stopped half-way is not finished
    results = grade(order)
    write_report(results, order.out)
    rests_on = msgspec.structs.replace(rests_on, protected=results.protected)  # as the runs that are scored again were
    row = row_of(order.out.name, rests_on, results, time.monotonic() - start)
    write_whole(order.out / ROW, msgspec.json.encode(row))
    return row


def finished_row(order: Order) -> Row | None:
    """The row of an earlier call, unless it rests on something else or the grader failed in it."""
    row = kept_row(order.out)
    return row if row and row.basis == basis(order) and not row.grader_failed else None


def kept_row(out: Path) -> Row | None:
    try:
        return msgspec.json.decode((out / ROW).read_bytes(), type=Row)
    except (OSError, msgspec.DecodeError):
        return None


def entry_orders(order: Order, jobs: int, received: Path | None) -> dict[str, Order]:
    """One order a submission; jobs that run beside each other share the cores. Raises ReceivedError."""
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else order.scheme.limits.cpu_threads
    limits = msgspec.structs.replace(order.scheme.limits, cpu_threads=threads)
    scheme = msgspec.structs.replace(order.scheme, limits=limits)
    paths = submissions(order.submission)
    times = received_times(received, paths) if received else {}
    return {name: msgspec.structs.replace(order, submission=path, out=order.out / name, scheme=scheme,
                                          received=times.get(path.name))
            for name, path in report_names(paths).items()}


def grade_class(order: Order, jobs: int, scheduler: str = "", received: Path | None = None) -> tuple[Path, list[Row]]:
    """`order` names the folder of submissions and that of the reports. Returns the page's path and the rows."""
    if order.protected and not order.regrade and not scheduler:
        require_sandbox()
    orders = entry_orders(order, jobs, received)
    order.out.mkdir(parents=True, exist_ok=True)
    rows = {} if order.regrade else {name: row for name, each in orders.items() if (row := finished_row(each))}
    write_summary(order, rows)
    with Progress(*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(),
                  TimeRemainingColumn()) as progress:
        bar = progress.add_task("submissions", total=len(orders), completed=len(rows))
        for row in new_rows({name: each for name, each in orders.items() if name not in rows}, jobs, scheduler):
            rows[row.submission] = row
            write_summary(order, rows)
            progress.advance(bar)
    done = [rows[name] for name in sorted(rows)]
    return write_page(order, done), done


def new_rows(orders: dict[str, Order], jobs: int, scheduler: str) -> Iterator[Row]:
    """Rows as they come. A worker that does not come back is the grader's error, and no mark is left for it."""
    if not orders:
        return
    with cluster(jobs, scheduler) as client:
        waiting, running = list(orders.items()), as_completed()
        start_some(client, waiting, running)
        for future in running:
            start_some(client, waiting, running)
            name = future.key.partition(" ")[2]
            yield future.result() if future.status == "finished" else Row(
                name, basis(orders[name]), reason=printable(f"{Outcome.GRADER_ERROR.value}: {future.exception()}"))


def start_some(client: Client, waiting: list[tuple[str, Order]], running: as_completed) -> None:
    """One submission a thread: where a worker dies, Dask suspects everything that it had been given."""
    threads = max(1, sum(client.nthreads().values()))  # none while the last worker is being replaced
    while waiting and running.count() < threads:
        name, order = waiting.pop(0)
        running.add(client.submit(grade_entry, order, basis(order), key=f"{time.time_ns()} {name}", pure=False))


def graded_items(scheme: Scheme) -> list[str]:
    return [problem.item for problem in scheme.problems]


def write_summary(order: Order, rows: dict[str, Row]) -> None:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    items = graded_items(order.scheme)
    outcomes = [outcome.value for outcome in Outcome]
    table.writerow(["submission", "points", "late_days", *items, *outcomes, "seconds", "reason"])
    for name in sorted(rows):
        row = rows[name]
        table.writerow([cell(name), row.points, row.late_days, *(row.items or [""] * len(items)),
                        *(row.outcomes.get(outcome, 0) for outcome in outcomes), row.seconds, cell(row.reason)])
    write_whole(order.out / MARKER, text.getvalue().encode())


def distribution(values: list[float], largest: float) -> list[tuple[str, int]]:
    """(range, how many) for equal ranges from 0 to the largest number of points."""
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(BINS * value / largest))] += 1
    step = largest / BINS
    return [(f"{step * place:g} to {step * (place + 1):g}", count) for place, count in enumerate(counts)]


def write_page(order: Order, rows: list[Row]) -> Path:
    from grading.similarity import similar_pairs  # takes most of a second, and no worker needs it
    graded = [row for row in rows if row.points is not None]
    problems = order.scheme.problems
    most = sum(each.max_points for each in problems)
    distributions = {"all of them": distribution([row.points for row in graded], most)}
    distributions |= {each.item: distribution([row.items[place] for row in graded if row.items], each.max_points)
                      for place, each in enumerate(problems)}
    kept = {row.submission: order.out / row.submission / "raw" / SOURCE for row in graded}
    page = TEMPLATES.get_template("class.html").render(
        scheme=order.scheme, rows=rows, problems=problems, distributions=distributions, report=REPORT, most=most,
        full=sum(row.points == most for row in graded), median=median([row.points for row in graded] or [0]),
        failed=sum(row.grader_failed for row in rows),
        pairs=similar_pairs({name: path for name, path in kept.items() if path.is_file()}),
        left_out=left_out(order.submission),
        missing_walls=list(dict.fromkeys(MISSING + wall for row in rows for wall in row.missing_walls)),
        protected=all(row.basis.protected for row in rows), unprotected=UNPROTECTED)
    write_whole(order.out / PAGE, page.encode())
    return order.out / PAGE
