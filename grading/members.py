"""The files of a submission, listed alike from a folder, a zip, a tar or a git commit."""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dulwich.object_store import DiskObjectStore, iter_tree_contents
from dulwich.objects import Blob, Commit

# What systems and tools leave behind; nothing that is graded lies there.
LEFT_OUT = {".git", "__MACOSX", "__pycache__", ".DS_Store"}
SUBMODULE = 0o160000  # git's mode of a folder whose files are in another repository


class Member(NamedTuple):
    name: str  # as it stands there: not yet known to be harmless
    mode: int  # as st_mode has it
    open: Callable[[], BinaryIO]  # its bytes; those of a symbolic link are its target's name


def folder_members(folder: Path) -> Iterator[Member]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name not in LEFT_OUT:
            yield from entry_members(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)


def entry_members(path: Path, mode: int) -> Iterator[Member]:
    if stat.S_ISDIR(mode):
        yield Member(path.name, mode, io.BytesIO)
        for member in folder_members(path):
            yield member._replace(name=f"{path.name}/{member.name}")
    elif stat.S_ISLNK(mode):
        yield Member(path.name, mode, lambda: io.BytesIO(os.readlink(path).encode(errors="surrogateescape")))
    else:
        yield Member(path.name, mode, partial(path.open, "rb"))


def zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    """Archives made on Windows carry no kind of file: they hold plain ones. Some part folders by backslashes."""
    for info in archive.infolist():
        mode, name = info.external_attr >> 16, info.filename.replace("\\", "/")
        kind = stat.S_IFDIR if name.endswith("/") else stat.S_IFMT(mode) or stat.S_IFREG
        yield Member(name, kind | stat.S_IMODE(mode), lambda info=info: archive.open(info))


def tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for info in archive:
        if info.issym():
            target = info.linkname.encode(errors="surrogateescape")
            yield Member(info.name, stat.S_IFLNK | info.mode, lambda target=target: io.BytesIO(target))
        else:
            yield Member(info.name, tar_mode(info), lambda info=info: archive.extractfile(info))


def tar_mode(info: tarfile.TarInfo) -> int:
    """A hard link counts as the file that it names, and is read as such."""
    kind = stat.S_IFDIR if info.isdir() else stat.S_IFREG if info.isfile() or info.islnk() else stat.S_IFCHR
    return stat.S_IMODE(info.mode) | kind


def git_members(store: DiskObjectStore, commit: Commit) -> Iterator[Member]:
    for entry in iter_tree_contents(store, commit.tree):
        yield Member(os.fsdecode(entry.path), entry.mode, lambda sha=entry.sha: blob_file(store, sha))


def blob_file(store: DiskObjectStore, sha: bytes) -> BinaryIO:
    blob = store[sha]
    return io.BytesIO(blob.as_raw_string() if isinstance(blob, Blob) else b"")
