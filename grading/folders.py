"""Looks through and removes folders that a submission wrote into, however it made them."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEEPEST = 64  # folders in folders; far below, a path is too long to be opened and Python's recursion ends


class FolderError(Exception):
    """A folder that cannot be looked through, in one line."""


def entries(folder: Path) -> Iterator[os.DirEntry]:
    """All files and folders below; what is gone meanwhile is left out. Raises FolderError."""
    waiting = [(os.fspath(folder), 0)]
    while waiting:
        place, depth = waiting.pop()
        if depth > DEEPEST:
            raise FolderError(f"folders nested more than {DEEPEST} deep")
        for entry in listed(place):
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, depth + 1))


def listed(place: str) -> list[os.DirEntry]:
    try:
        with os.scandir(place) as found:
            return list(found)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FolderError(f"a folder that cannot be looked into ({error.strerror})") from error


def remove(folder: Path) -> None:
    """With rm, which goes to any depth; rights that a script took from its folders are given back."""
    subprocess.run(["/bin/rm", "-rf", "--", folder], stderr=subprocess.DEVNULL)
    if folder.exists():
        subprocess.run(["/bin/chmod", "-R", "u+rwX", "--", folder], stderr=subprocess.DEVNULL)
        subprocess.run(["/bin/rm", "-rf", "--", folder])


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="grading_"))
    try:
        yield folder
    finally:
        remove(folder)
