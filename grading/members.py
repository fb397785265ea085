"""The files of a submission, listed alike from a folder, a zip, a tar or a git commit."""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit
from dulwich.repo import Repo

# What systems and tools leave behind; nothing that is graded lies there.
LEFT_OUT = {".git", "__MACOSX", "__pycache__", ".DS_Store"}


class Member(NamedTuple):
    name: str                     # as it stands there: not yet known to be harmless
    mode: int                     # as st_mode has it
    open: Callable[[], BinaryIO]  # its bytes; those of a symbolic link are its target's name


def folder_members(folder: Path) -> Iterator[Member]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name not in LEFT_OUT:
            yield from entry_members(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)


def entry_members(path: Path, mode: int) -> Iterator[Member]:
    if stat.S_ISDIR(mode):
        for member in folder_members(path):
            yield member._replace(name=f"{path.name}/{member.name}")
    elif stat.S_ISLNK(mode):
        yield Member(path.name, mode, lambda: io.BytesIO(os.readlink(path).encode(errors="surrogateescape")))
    else:
        yield Member(path.name, mode, lambda: open(path, "rb"))


def zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    """Archives made on Windows carry no kind of file: they hold plain ones."""
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if not info.is_dir():
            yield Member(info.filename, mode if stat.S_IFMT(mode) else mode | stat.S_IFREG,
                         lambda info=info: archive.open(info))


def tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for info in archive:
        if info.issym():
            target = info.linkname.encode(errors="surrogateescape")
            yield Member(info.name, stat.S_IFLNK | info.mode, lambda target=target: io.BytesIO(target))
        elif not info.isdir():
            yield Member(info.name, tar_mode(info), lambda info=info: archive.extractfile(info))


def tar_mode(info: tarfile.TarInfo) -> int:
    """A hard link counts as the file that it names, and is read as such."""
    return info.mode | (stat.S_IFREG if info.isfile() or info.islnk() else stat.S_IFCHR)


def git_members(repository: Repo, commit: Commit) -> Iterator[Member]:
    for entry in iter_tree_contents(repository.object_store, commit.tree):
        if stat.S_IFMT(entry.mode) in (stat.S_IFREG, stat.S_IFLNK):  # anything else is a submodule
            yield Member(os.fsdecode(entry.path), entry.mode, lambda sha=entry.sha: blob_file(repository, sha))


def blob_file(repository: Repo, sha: bytes) -> BinaryIO:
    blob = repository.object_store[sha]
    return io.BytesIO(blob.as_raw_string() if isinstance(blob, Blob) else b"")
