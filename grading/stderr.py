"""What a run said on stderr: the end of it, and the exceptions that ended its programs."""

import re
from pathlib import Path
from typing import NamedTuple

READ, SHOWN, LINES = 2**20, 3000, 25  # bytes of stderr that are read; characters and lines of it that a report shows
PROGRAMS = 5  # of one run's, whose exceptions are told
CHAINED = ("During handling of the above", "The above exception was the direct cause")
PROGRESS = re.compile(r" *\d+K [ .]+")  # of wget, a line for every 50 KiB
FRAME = re.compile(r'^\s+File "([^"]+)", line (\d+)')
EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
SHELL_ERROR = re.compile(r"^(?:\./)?([^:\s]+): line (\d+): (.+)$")


class Said(NamedTuple):
    """What ended a program, as it said it, and where in the submission."""

    text: str = ""
    file: str = ""
    line: int = 0
    program: str = ""  # the submission's file that was started


def read_stderr(folder: Path) -> str:
    try:
        with open(folder / "stderr.txt", "rb") as file:
            return file.read(READ).decode(errors="replace")
    except OSError:
        return ""


def excerpt(folder: Path) -> str:
    """The end of stderr, without progress bars' earlier states."""
    lines = [line.rpartition("\r")[2] for line in read_stderr(folder).rstrip().split("\n") if not PROGRESS.match(line)]
    return "\n".join(lines[-LINES:])[-SHOWN:]


def said(folder: Path, root: Path) -> list[Said]:
    """What ended each of the run's Pythons; without one what the shell said last, or the last line."""
    lines = [line.rstrip("\r") for line in read_stderr(folder).split("\n")]
    if ended := [found for part in tracebacks(lines) if (found := last_exception(part, root))]:
        return list(dict.fromkeys(ended))[:PROGRAMS]
    last = next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
    return [found for found in [shell_error(lines) or Said(last)] if found.text]


def tracebacks(lines: list[str]) -> list[list[str]]:
    """What stands before the first traceback, then the lines from each on, up to the next one's that is not chained
    to it. Exceptions that Python ignored are left out."""
    parts, kept, before = [[]], True, ""
    for line in lines:
        if line.startswith("Traceback ") and not before.startswith(CHAINED):
            kept = not before.startswith("Exception ignored")
            parts += [[]] if kept else []
        if kept:
            parts[-1].append(line)
        before = line or before
    return parts


def last_exception(lines: list[str], root: Path) -> Said | None:
    """The line that follows the last traceback's frames: advice of many lines may stand behind it."""
    frames = [place for place, line in enumerate(lines) if FRAME.match(line)]
    if not frames:
        return None
    after = (line for line in lines[frames[-1] + 1 :] if line and not line[0].isspace())
    text = next((line for line in after if EXCEPTION.match(line)), "")
    begin = max((place for place, line in enumerate(lines[: frames[-1]]) if line.startswith("Traceback ")), default=0)
    own = [place for line in lines[begin : frames[-1] + 1] if (place := own_place(line, root))]
    if text.endswith(":"):  # the next line says of what
        text += " " + next((line.strip() for line in lines[lines.index(text) + 1 :] if line.strip()), "")
    return Said(text[:300], *(own[-1] if own else ("", 0)), own[0][0] if own else "") if text else None


def has_traceback(folder: Path) -> bool:
    return any(line.startswith("Traceback ") for line in read_stderr(folder).split("\n"))


def has_shell_error(folder: Path) -> bool:
    return shell_error(read_stderr(folder).split("\n")) is not None


def own_place(line: str, root: Path) -> tuple[str, int] | None:
    match = FRAME.match(line)
    name = match[1].removeprefix("/submission/").removeprefix(f"{root}/").removeprefix("./") if match else ""
    return (name, int(match[2])) if name and not name.startswith(("/", "<")) and ".." not in name else None


def shell_error(lines: list[str]) -> Said | None:
    found = [match for line in lines if (match := SHELL_ERROR.match(line.strip()))]
    return Said(found[-1][3][:300], found[-1][1], int(found[-1][2])) if found else None
