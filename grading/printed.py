"""What the runs printed, for the report: the end of each run's output, where errors stand."""

from pathlib import Path
from typing import NamedTuple

from grading.outcomes import printable
from grading.runs import Run
from grading.stderr import PROGRESS

READ = 2**18  # bytes of each of stdout and stderr
KEPT = 6000  # characters of each that are shown
LINE = 400  # characters of a line


class Printed(NamedTuple):
    """One run and the ends of what it printed."""

    name: str
    run: Run
    stdout: str
    stderr: str


def printed(runs: dict[str, Run], raw: Path) -> list[Printed]:
    return [
        Printed(name, run, end_of(raw / name / "stdout.txt"), end_of(raw / name / "stderr.txt"))
        for name, run in runs.items()
    ]


def end_of(path: Path) -> str:
    """The last lines but wget's dots, with what a terminal would act upon spelt out."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - READ))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.replace("\t", "    ").rpartition("\r")[2] for line in text.split("\n")]
    shown = "\n".join(printable(line)[:LINE] for line in lines if not PROGRESS.match(line)).strip("\n")
    return ("[...]\n" if size > READ or len(shown) > KEPT else "") + shown[-KEPT:]
