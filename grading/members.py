"""The files of a submission, listed alike from a folder, a zip, a tar or a git commit."""

import io
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dulwich.object_store import DiskObjectStore, iter_tree_contents
from dulwich.objects import Blob, Commit

from grading.git_folder import check_own
from grading.not_handed_in import LFS
from grading.weights import sha256

# What systems and tools leave behind; nothing that is graded lies there.
LEFT_OUT = {".git", "__MACOSX", "__pycache__", ".DS_Store"}
SUBMODULE = 0o160000  # git's mode of a folder whose files are in another repository
LFS_HASH, LFS_READ = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE), 1000  # bytes of a pointer


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


def git_members(git: Path, store: DiskObjectStore, commit: Commit) -> Iterator[Member]:
    """Also the files of submodules and of Git LFS that the repository in the folder `git` holds."""
    for entry in iter_tree_contents(store, commit.tree):
        name = os.fsdecode(entry.path)
        module = own_part(git, f"modules/{name}") if entry.mode == SUBMODULE else None
        if module:
            yield from submodule_members(module, name, entry.sha)
        else:
            yield Member(name, entry.mode, lambda sha=entry.sha: blob_file(git, store, sha))


def submodule_members(git: Path, name: str, commit: bytes) -> Iterator[Member]:
    """The files of the submodule's commit that the commit around it names."""
    check_own(git)
    with closing(DiskObjectStore(str(git / "objects"))) as store:
        if commit not in store:
            yield Member(name, SUBMODULE, io.BytesIO)
            return
        yield Member(name, stat.S_IFDIR, io.BytesIO)
        for member in git_members(git, store, store[commit]):
            yield member._replace(name=f"{name}/{member.name}")


def blob_file(git: Path, store: DiskObjectStore, sha: bytes) -> BinaryIO:
    blob = store[sha]
    content = blob.as_raw_string() if isinstance(blob, Blob) else b""
    return lfs_file(git, content) or io.BytesIO(content)


def lfs_file(git: Path, content: bytes) -> BinaryIO | None:
    """The file that a pointer of Git LFS stands for, where it was pulled and is the one that the pointer names."""
    named = LFS_HASH.search(content[:LFS_READ]) if content.startswith(LFS) else None
    oid = named[1].decode() if named else ""
    file = own_part(git, f"lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}") if oid else None
    return file.open("rb") if file and file.is_file() and sha256(file) == oid else None


def own_part(git: Path, name: str) -> Path | None:
    """A file or folder of the repository; None where it is not there, or lies behind a link."""
    path = git / name
    is_own = os.path.realpath(path) == os.path.join(os.path.realpath(git), name)
    return path if is_own and path.exists() else None
