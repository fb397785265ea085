"""Grades every submission in a folder, each in a worker process of a Dask cluster.

Without an address the cluster is made here, with one process a job. A row is kept beside each
finished report, so a class that was stopped anywhere goes on with what is left; a row that rests on
other files, another scheme or the like does not count. A submission that takes its worker along
costs that worker, which is replaced, and no other submission.
"""

import csv
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from distributed import Client, as_completed

from grading.class_names import MARKER, cell, received_times, report_names, submissions
from grading.class_progress import ClassProgress, tell
from grading.class_rows import ROW, Basis, Row, basis, finished_row, kept_row, row_of
from grading.grade import Order, grade
from grading.outcomes import Outcome, printable
from grading.report import write_report
from grading.results import write_whole
from grading.sandbox import require_sandbox
from grading.scheme import Scheme
from grading.workers import cluster


def grade_entry(order: Order, rests_on: Basis) -> Row:
    """What a worker does: grades one submission and leaves its row as the mark that it is finished."""
    start = time.monotonic()
    (order.out / ROW).unlink(missing_ok=True)  # an earlier one's: what is stopped half-way is not finished
    results = grade(order, lambda results: tell(order.out.name, results))
    write_report(results, order.out)
    rests_on = msgspec.structs.replace(rests_on, protected=results.protected)  # as the runs that are scored again were
    row = row_of(order.out.name, rests_on, results, time.monotonic() - start)
    write_whole(order.out / ROW, msgspec.json.encode(row))
    return row


def entry_orders(order: Order, jobs: int, received: Path | None) -> dict[str, Order]:
    """One order a submission; jobs that run beside each other share the cores. Raises ReceivedError."""
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else order.scheme.limits.cpu_threads
    limits = msgspec.structs.replace(order.scheme.limits, cpu_threads=threads)
    scheme = msgspec.structs.replace(order.scheme, limits=limits)
    paths = submissions(order.submission)
    times = received_times(received, paths) if received else {}
    return {
        name: msgspec.structs.replace(
            order, submission=path, out=order.out / name, scheme=scheme, received=times.get(path.name)
        )
        for name, path in report_names(paths).items()
    }


def grade_class(order: Order, jobs: int, scheduler: str = "", received: Path | None = None) -> tuple[Path, list[Row]]:
    """`order` names the folder of submissions and that of the reports. Returns the page's path and the rows."""
    if order.protected and not order.regrade and not scheduler:
        require_sandbox()
    orders = entry_orders(order, jobs, received)
    order.out.mkdir(parents=True, exist_ok=True)
    rows = {name: row for name, each in orders.items() if (row := earlier_row(each))}
    waiting = {name: each for name, each in orders.items() if order.regrade or name not in rows}
    write_summary(order, rows)
    with ClassProgress(order.scheme, len(orders), len(orders) - len(waiting)) as progress:
        for row in new_rows(waiting, jobs, scheduler, progress):
            rows[row.submission] = row
            write_summary(order, rows)
            progress.ended(row)
    from grading.class_page import write_page  # comparing code takes most of a second to load, and no worker needs it

    done = [rows[name] for name in sorted(rows)]
    return write_page(order, done), done


def earlier_row(order: Order) -> Row | None:
    """An earlier call's, which stands in the summary until there is another one: what is scored again has one too."""
    return kept_row(order.out) if order.regrade else finished_row(order)


def new_rows(orders: dict[str, Order], jobs: int, scheduler: str, progress: ClassProgress) -> Iterator[Row]:
    """Rows as they come. A worker that does not come back is the grader's error, and no mark is left for it."""
    if not orders:
        return
    with cluster(jobs, scheduler) as client:
        progress.listen(client)
        waiting, running = list(orders.items()), as_completed()
        start_some(client, waiting, running)
        for future in running:
            start_some(client, waiting, running)
            name = future.key.partition(" ")[2]
            yield (
                future.result()
                if future.status == "finished"
                else Row(
                    name, basis(orders[name]), reason=printable(f"{Outcome.GRADER_ERROR.value}: {future.exception()}")
                )
            )


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
        table.writerow(
            [
                cell(name),
                row.points,
                row.late_days,
                *(row.items if len(row.items) == len(items) else [""] * len(items)),  # of another scheme, or of none
                *(row.outcomes.get(outcome, 0) for outcome in outcomes),
                row.seconds,
                cell(row.reason),
            ]
        )
    write_whole(order.out / MARKER, text.getvalue().encode())
