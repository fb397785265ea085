"""What a submission refers to and does not hold: files of Git LFS, submodules, empty folders."""

import os
import re
from pathlib import Path

from grading.folders import FolderError, entries
from grading.outcomes import Message

READ = 2**20  # bytes of a file
LFS = b"version https://git-lfs.github.com/spec/"
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
    try:
        text = (root / ".gitmodules").read_bytes()[:READ].decode(errors="replace")
    except OSError:
        return []
    names = re.findall(r"^\s*path\s*=\s*(\S+)", text, re.M)
    return [
        Message("a git submodule that was not handed in", name)
        for name in names
        if ".." not in name and not name.startswith("/") and not any((root / name).glob("*"))
    ]


def no_folders(stderr: str, root: Path) -> list[Message]:
    """Folders that wget was to write into."""
    said = "wget cannot write into this folder: it was not handed in"
    return [
        Message(said, name, todo="git keeps no empty folder")
        for name in dict.fromkeys(NOT_WRITTEN.findall(stderr))
        if ".." not in name and not os.path.lexists(root / name)
    ]
