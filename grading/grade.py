"""Grades one submission: takes it, makes its checks, and writes results.json after each."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from grading.bounded import Exhausted, bounded
from grading.checks import perform_all
from grading.folders import remove, scratch
from grading.kinds.base import Grading
from grading.names import SOURCE, SUBMISSION
from grading.outcomes import Finding, Message, Outcome, printable
from grading.problems import all_checks
from grading.report import NAME as REPORT
from grading.results import NAME as RESULTS
from grading.results import Results, write_results
from grading.runs import Runner
from grading.sandbox import require_sandbox
from grading.scheme import Scheme
from grading.submission import Due, Origin, SubmissionError, take, top_folder

FILE = "# file: "  # before each file's name in it
SOURCE_KEPT = 300_000  # characters: winnowing reads some 50,000 a second


class Order(msgspec.Struct, frozen=True):
    """What is to be graded, and how."""

    submission: Path
    data: Path
    out: Path
    scheme: Scheme
    deadline: datetime | None = None
    received: datetime | None = None  # when it was handed in, by the course's own record
    protected: bool = True
    regrade: bool = False
    fetched_code: bool = False


def grade(order: Order, watch: Callable[[Results], None] = lambda results: None) -> Results:
    """`watch` is called after every check. Raises SandboxError where there is none to be had, OSError
    where `out` cannot be written; whatever is wrong with the submission is in the results."""
    if order.protected and not order.regrade:
        require_sandbox()
    order.out.mkdir(parents=True, exist_ok=True)
    forget_earlier(order)
    with scratch() as work:
        return graded(order, work, watch)


def forget_earlier(order: Order) -> None:
    """Nothing of another version of the submission is scored or shown beside this one. A folder in which no grading
    was before may hold other things of these names: they stay."""
    raw = order.out / "raw"
    if (order.out / RESULTS).exists():
        (order.out / REPORT).unlink(missing_ok=True)
        if not order.regrade:
            remove(raw)
    raw.mkdir(exist_ok=True)


def graded(order: Order, work: Path, watch: Callable[[Results], None]) -> Results:
    copy = work / "submission"
    try:
        origin = bounded(lambda: take(order.submission, copy, order.scheme.limits, Due(order.deadline, order.received)))
    except (SubmissionError, Exhausted) as error:
        return refused(order, str(error).removeprefix(f"{order.submission}: "))
    root, raw = top_folder(copy), order.out / "raw"
    keep_source(root, raw)
    runner = Runner(
        root,
        work,
        raw,
        order.scheme.limits,
        order.protected,
        order.regrade,
        order.scheme.network,
        order.fetched_code,
    )
    checks = list(all_checks(Grading(order.scheme, root, order.data, runner, order.fetched_code)))
    results = Results(
        order.scheme,
        printable(order.submission.name),
        origin,
        runner.all_protected,
        {},
        [check.name for check in checks],
    )
    write_results(results, order.out)
    watch(results)
    with closing(runner.copies):
        for _, findings in perform_all(checks):
            results.findings, results.protected = findings, runner.all_protected
            results.missing_walls = runner.missing_walls
            results.runs = {str(name): run for name, run in runner.made.items()}
            write_results(results, order.out)
            watch(results)
    return results


def keep_source(root: Path, raw: Path) -> None:
    """All of the submission's own code in one file, to compare submissions with."""
    files = [path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".sh") and path.is_file()]
    text = ""
    for path in files:
        if len(text) >= SOURCE_KEPT:
            break
        with open(path, encoding="utf-8", errors="replace") as file:
            text += f"{FILE}{printable(str(path.relative_to(root)))}\n{file.read(SOURCE_KEPT - len(text))}\n"
    (raw / SOURCE).write_text(text, encoding="utf-8")


def refused(order: Order, reason: str) -> Results:
    finding = Finding(Outcome.FAILED, [Message(reason)])
    results = Results(
        order.scheme,
        printable(order.submission.name),
        Origin("refused"),
        order.protected,
        {SUBMISSION: finding},
        [SUBMISSION],
    )
    write_results(results, order.out)
    return results
