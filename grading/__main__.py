"""Grades a submission, or a class.

    python3 -m grading SUBMISSION --data hw3_data --out report/
    python3 -m grading class FOLDER --data hw3_data --out reports/ --jobs 4

Exit codes: 0 graded, whatever the points; 2 the caller's fault; 3 no sandbox to be had here;
4 graded, but some check ended in the grader's own error; 130 stopped by Ctrl-C. Each but 0 comes
with one line on stderr; arguments that cannot be understood come with a box that says which.
"""

import csv
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import tyro

from grading.class_names import MARKER, ReceivedError, left_out
from grading.grade import Order, grade
from grading.images import image_names
from grading.interrupt import CTRL_C
from grading.outcomes import Outcome
from grading.predictions import named, read_labels
from grading.progress import Progress
from grading.report import write_report
from grading.results import NAME, Results
from grading.sandbox import SandboxError
from grading.scheme import DEFAULT, Scheme, SchemeError, read_scheme

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]


class UsageError(Exception):
    """A call that makes no sense, in one line."""


EXIT_CODES = {UsageError: 2, SchemeError: 2, OSError: 2, SandboxError: 3, ReceivedError: 2}
GRADER_ERROR = 4


@dataclass(frozen=True, kw_only=True)
class Call:
    """What both ways of calling have in common."""

    data: Path  # the folder with the test images and their labels
    out: Path  # where the report goes; made if it is not there
    scheme: Path = DEFAULT  # the grading scheme, a TOML file
    deadline: str = ""  # ISO 8601; of a git repository the last commit before it counts
    received: str = ""  # when it was handed in, ISO 8601; for a class a CSV of submission,received
    regrade: Flag = False  # score the raw outputs in --out again, run nothing
    fetched_code: Flag = False  # code that a run fetched counts as handed in: somebody has read it
    no_sandbox: Flag = False  # run the code unprotected; the report says so


@dataclass(frozen=True, kw_only=True)
class Single(Call):
    """Grades one submission: a folder, a zip, a tar or a git repository."""

    submission: tyro.conf.Positional[Path]


@dataclass(frozen=True, kw_only=True)
class Class(Call):
    """Grades every submission in a folder; goes on where an earlier call stopped."""

    folder: tyro.conf.Positional[Path]
    jobs: int = 1  # submissions at a time
    scheduler: str = ""  # address of a Dask scheduler whose workers do the work


def instant(option: str, text: str) -> datetime | None:
    """With a time zone; without one in the text, this machine's."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone() if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text}: not ISO 8601 ({error})") from error


def check_data(scheme: Scheme, data: Path) -> None:
    """Raises UsageError unless every domain has labels and images, which name each other."""
    calls = (call for problem in scheme.problems for call in problem.calls())
    for domain in dict.fromkeys(call.domain for call in calls if call.domain):
        try:
            labels = read_labels(data / scheme.data.labels.format(domain=domain)).keys()
            images = set(image_names(data / scheme.data.images.format(domain=domain)))
        except (OSError, ValueError, LookupError, csv.Error) as error:
            raise UsageError(f"--data {data}: no images with labels for {domain} ({error})") from error
        wrong = named("without an image", sorted(labels - images)) + named("without a label", sorted(images - labels))
        if wrong:
            raise UsageError(f"--data {data}: images and labels for {domain} do not agree; {'; '.join(wrong)}")


def check_out(out: Path, marker: str, read: Path) -> None:
    """Nothing but an earlier report is written over, and nothing into what is read."""
    if read.is_dir() and out.resolve().is_relative_to(read.resolve()):
        raise UsageError(f"--out {out}: lies in {read}, which is graded; give a folder outside of it")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: is not a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / marker).exists():
        raise UsageError(f"--out {out}: holds other things than a report; give a new or empty folder")


def order(call: Call, submission: Path, out: Path) -> Order:
    scheme = read_scheme(call.scheme)
    check_data(scheme, call.data)
    return Order(
        submission.resolve(),
        call.data.resolve(),
        out.resolve(),
        scheme,
        instant("--deadline", call.deadline),
        None if isinstance(call, Class) else instant("--received", call.received),
        not call.no_sandbox,
        call.regrade,
        call.fetched_code,
    )


def grade_one(call: Single) -> int:
    if not call.submission.exists():
        raise UsageError(f"{call.submission}: no such submission")
    check_out(call.out, NAME, call.submission)
    task = order(call, call.submission, call.out)
    with Progress(task.scheme) as progress:
        results = grade(task, progress.show)
    report = write_report(results, task.out)
    print(report)
    return exit_code(results)


def exit_code(results: Results) -> int:
    errors = [name for name, finding in results.findings.items() if finding.outcome is Outcome.GRADER_ERROR]
    if errors:
        print(f"not judged on this machine: {errors[0]}: {results.findings[errors[0]].messages[0]}", file=sys.stderr)
    return GRADER_ERROR if errors else 0


def grade_many(call: Class) -> int:
    from grading.classroom import grade_class

    if not call.folder.is_dir():
        raise UsageError(f"{call.folder}: no such folder")
    if call.jobs < 1:
        raise UsageError(f"--jobs {call.jobs}: at least one")
    check_out(call.out, MARKER, call.folder)
    page, rows = grade_class(
        order(call, call.folder, call.out), call.jobs, call.scheduler, Path(call.received) if call.received else None
    )
    if skipped := left_out(call.folder):
        print(f"not graded, their names begin with a dot: {', '.join(skipped)}")
    print(page)
    failed = [row for row in rows if row.grader_failed]
    if failed:
        print(
            f"not judged on this machine: {len(failed)} of {len(rows)}: {failed[0].submission}: {failed[0].reason}",
            file=sys.stderr,
        )
    return GRADER_ERROR if failed else 0


def main(arguments: list[str]) -> int:
    many = arguments[:1] == ["class"]
    call = tyro.cli(Class if many else Single, args=arguments[many:], prog="python3 -m grading" + " class" * many)
    CTRL_C.heed()
    try:
        return grade_many(call) if many else grade_one(call)
    except tuple(EXIT_CODES) as error:
        print(f"{error}".replace("\n", " "), file=sys.stderr)
        return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    except KeyboardInterrupt:
        print("stopped: what was graded so far is in --out", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
