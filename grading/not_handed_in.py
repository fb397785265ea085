"""What a submission refers to and does not hold: files of Git LFS, submodules, empty folders."""

import os
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from grading.folders import FolderError, entries
from grading.outcomes import Message

READ = 2**16  # bytes of .gitmodules
LFS = b"version https://git-lfs.github.com/spec/"
SUBMODULE_PATH = re.compile(r"^\s*path\s*=\s*(\S.*?)\s*$", re.MULTILINE)
NOT_WRITTEN = re.compile(  # what wget says
    r"^(?:\./)?([^/\s:][^\s:]*)/[^/\s:]+: No such file or directory$", re.MULTILINE
)


def pointers(root: Path) -> list[Message]:
    """Files that stand for others in Git LFS."""
    try:
        small = [
            Path(entry.path)
            for entry in entries(root)
            if entry.is_file(follow_symlinks=False) and 100 < entry.stat(follow_symlinks=False).st_size < 1000
        ]
    except FolderError:
        return []
    said = "a Git LFS pointer: the file itself was not handed in"
    return [
        Message(said, str(path.relative_to(root)), todo="get it with `git lfs pull`")
        for path in sorted(small)
        if path.read_bytes().startswith(LFS)
    ]


def submodules(root: Path) -> list[Message]:
    return [Message("a git submodule that was not handed in", name) for name in empty_submodules(root)]


def empty_submodules(root: Path) -> list[str]:
    """The folders that .gitmodules names and that hold nothing."""
    try:
        with open(root / ".gitmodules", "rb") as file:
            text = os.fsdecode(file.read(READ))
    except OSError:
        return []
    inside = [name for name in SUBMODULE_PATH.findall(text) if not {"..", "/"} & set(PurePosixPath(name).parts)]
    return [name for name in inside if not holds_files(root / name)]


def holds_files(folder: Path) -> bool:
    with suppress(OSError, ValueError):  # not there, or a name that no folder can have
        return bool(os.listdir(folder))
    return False


def no_folders(stderr: str, root: Path) -> list[Message]:
    """Folders that wget was to write into."""
    said = "wget cannot write into this folder: it was not handed in"
    return [
        Message(said, name, todo="git keeps no empty folder")
        for name in dict.fromkeys(NOT_WRITTEN.findall(stderr))
        if ".." not in name and not os.path.lexists(root / name)
    ]
