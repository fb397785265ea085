"""Reads a student's git repository as data: HEAD, references and objects, and no setting of it.

Nothing outside of it is opened, whatever it says: a link, an included file, another repository's objects.
"""

import os
import re
import stat
from pathlib import Path

from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit
from dulwich.walk import Walker

from grading.folders import FolderError, entries

SMALL = 2**22  # bytes of HEAD, of one reference or of packed-refs
HASH = re.compile(r"[0-9a-f]{40}")
REFERENCE = re.compile(r"refs/(?:[\w@+#,=%-][\w.@+#,=%-]*/?)+")
ELSEWHERE = ("objects/info/alternates", "objects/info/http-alternates", "commondir")


class GitError(Exception):
    """A repository that cannot be read, in one line; never with what stands in a file."""


def git_folder(path: Path) -> Path | None:
    """Where the repository's files are; None for a work tree whose .git is a file that points elsewhere."""
    return next(
        (
            folder
            for folder in (path / ".git", path)
            if is_folder(folder) and os.path.lexists(folder / "HEAD") and os.path.lexists(folder / "objects")
        ),
        None,
    )


def is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def commits(folder: Path) -> tuple[DiskObjectStore, list[Commit]]:
    """HEAD's commit and all before it that are there, the newest first. Raises GitError."""
    check_own(folder)
    store = DiskObjectStore(str(folder / "objects"))
    last = head(folder)
    if not last:
        raise GitError("a git repository without a commit")
    walker = Walker(
        store, [last.encode()], get_parents=lambda commit: [each for each in commit.parents if each in store]
    )
    return store, [entry.commit for entry in walker]


def check_own(folder: Path) -> None:
    """Raises GitError where a part of it lies somewhere else."""
    for name in ELSEWHERE:
        if os.path.lexists(folder / name):
            raise GitError(f"its git refers to another repository ({name})")
    try:
        for part in ("objects", "refs"):
            if os.path.lexists(folder / part) and not is_folder(folder / part):
                raise GitError(f"its git has a link or another thing that is no folder ({part})")
            for entry in entries(folder / part):
                mode = entry.stat(follow_symlinks=False).st_mode
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    name = os.path.relpath(entry, folder)
                    raise GitError(f"its git has a link or another thing that is no file ({name})")
    except FolderError as error:
        raise GitError(f"its git: {error}") from error


def head(folder: Path) -> str:
    """The last commit's hash; "" where there is none."""
    text = small_file(folder, "HEAD")
    if HASH.fullmatch(text):
        return text
    name = text.removeprefix("ref:").strip()
    if not text.startswith("ref:") or not REFERENCE.fullmatch(name) or ".." in name:
        raise GitError("its git has a HEAD that names no branch")
    if os.path.lexists(folder / name):
        found = small_file(folder, name)
        if not HASH.fullmatch(found):
            raise GitError(f"its git has a reference that is no commit's hash ({name})")
        return found
    return packed(folder, name)


def packed(folder: Path, name: str) -> str:
    if not os.path.lexists(folder / "packed-refs"):
        return ""
    pairs = (line.partition(" ") for line in small_file(folder, "packed-refs").splitlines())
    return next((found for found, _, reference in pairs if reference == name and HASH.fullmatch(found)), "")


def small_file(folder: Path, name: str) -> str:
    """A file's text. Raises GitError where it is a link, or no file at all."""
    try:
        number = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise OSError
            return file.read(SMALL).decode(errors="replace").strip()
    except OSError as error:
        raise GitError(f"its git has a link or another thing that is no file ({name})") from error
