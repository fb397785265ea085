"""Looks through and removes folders that a submission wrote into, however it made them; and throw-away folders."""

import atexit
import fcntl
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

# Rights that a script took from its folders are given back.
REMOVE = '/bin/rm -rf -- "$0" || { /bin/chmod -R u+rwX -- "$0"; /bin/rm -rf -- "$0"; }'
PREFIX, NEW = "locked_grading_", "new_locked_grading_"
GET_FLAGS, SET_FLAGS, OF_ITS_OWN = 0x80086601, 0x40086602, 0x20000  # Linux's FS_IOC_GETFLAGS, _SETFLAGS, FS_TOPDIR_FL
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


def removal(folder: Path) -> list[str]:
    """The command that removes a folder: rm, which goes to any depth."""
    return ["/bin/sh", "-c", REMOVE, str(folder)]


def remove(folder: Path) -> None:
    subprocess.run(removal(folder), stderr=subprocess.DEVNULL)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, and that nobody but this user and the runs given to it can see into.

    It is locked while it lasts, so the next start can tell one that was left behind by a killed grader.
    """
    remove_dead()
    new = tempfile.mkdtemp(prefix=NEW)
    lock = os.open(new, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    folder = Path(new).with_name(Path(new).name.removeprefix("new_"))  # from here on it counts, and it is locked
    os.rename(new, folder)
    spread(lock)
    try:
        yield folder
    finally:
        remove(folder)
        os.close(lock)


def spread(folder: int) -> None:
    """Has ext4 begin each folder in this one at another place of the disk.

    Without a journal it gives out no file's number again within a minute, and looks at every one that was removed
    meanwhile. A copy that follows sixteen others at the same place takes four times as long.
    """
    with suppress(OSError):  # another file system
        flags = bytearray(struct.calcsize("l"))
        fcntl.ioctl(folder, GET_FLAGS, flags)
        fcntl.ioctl(folder, SET_FLAGS, struct.pack("l", struct.unpack("l", flags)[0] | OF_ITS_OWN))


def remove_dead() -> None:
    """Folders of this user's that no grader holds: the kernel gives a lock back when its process ends."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another one's, in use, or gone by now
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.geteuid():
                    remove(folder)
            finally:
                os.close(lock)


@cache
def process_folder() -> Path:
    """This process's own; gone when it ends."""
    holding = scratch()
    folder = holding.__enter__()
    atexit.register(holding.__exit__, None, None, None)
    return folder
