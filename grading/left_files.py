"""The files that a run leaves: what it changed in its copy of the submission, and its output."""

import os
import shutil
import stat
from contextlib import suppress
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from grading.folders import FolderError, entries
from grading.outcomes import printable
from grading.tables import MIB

LOOKED_AT, NAMED, NAME = 1000, 3, 100  # files beside the output; of them told; characters of a name


def state(folder: Path) -> dict[str, tuple]:
    """File -> what changes with it. The time of change cannot be set back."""
    found, above = {}, len(os.fspath(folder)) + 1
    with suppress(FolderError):  # the run was ended for it; files that are not reached count as changed
        for path in entries(folder):
            entry = path.stat(follow_symlinks=False)
            found[path.path[above:]] = (entry.st_mode, entry.st_ino) + (
                () if stat.S_ISDIR(entry.st_mode) else (entry.st_size, entry.st_ctime_ns)
            )
    return found


def emptied(before: dict[str, tuple], after: dict[str, tuple]) -> list[str]:
    """Files that held something in the first state and hold nothing in the second."""
    sizes = ((name, was[2], after.get(name, was)[2:3]) for name, was in before.items() if was[2:])
    return sorted(printable(name) for name, size, now in sizes if size and now == (0,))


def take_output(path: Path, kept: Path, limit_mib: int, made: list[str]) -> str:
    """Keeps the output, without following or opening anything but a plain file. Returns why it cannot. `made` are the
    files that the run left in the submission."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return f"no output was written{instead(path, made)}"
    except OSError as error:
        return f"the output is no file that can be opened ({error.strerror})"
    try:
        if reason := why_unusable(os.fstat(number), limit_mib):
            return reason
        with open(number, "rb", closefd=False) as file, open(kept, "wb") as copy:
            shutil.copyfileobj(file, copy)
    finally:
        os.close(number)
    return ""


def instead(path: Path, made: list[str]) -> str:
    """What was written under another name, or into the submission; the name that is most like the right one first."""
    beside: list[str] = []
    with suppress(OSError), os.scandir(path.parent) as found:
        beside = [each.name for each in islice(found, LOOKED_AT)]
    beside.sort(key=lambda name: (-SequenceMatcher(None, name, path.name).ratio(), name))
    names = beside + [name for name in made if name.endswith(path.suffix)]
    named = ", ".join(printable(name)[:NAME] for name in names[:NAMED])
    return f" as {path.name}, but {named}" if named else ""


def why_unusable(entry: os.stat_result, limit_mib: int) -> str:
    if not stat.S_ISREG(entry.st_mode):
        return "the output is no plain file"
    if entry.st_nlink > 1:
        return "the output is a hard link"
    return f"the output is larger than {limit_mib} MiB" if entry.st_size > limit_mib * MIB else ""
