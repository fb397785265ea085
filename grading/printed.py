"""What the runs printed, for the report: the end of each run's output, where errors stand."""

from pathlib import Path
from typing import NamedTuple

from grading.outcomes import printable
from grading.runs import Run

KEPT = 6000  # bytes of each of stdout and stderr
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
    """The last lines, with what a terminal would act upon spelt out."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - KEPT))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [printable(line.replace("\t", "    ").rpartition("\r")[2])[:LINE] for line in text.split("\n")]
    return ("[...]\n" if size > KEPT else "") + "\n".join(lines).strip("\n")
