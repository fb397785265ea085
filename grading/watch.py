"""Looks after a run ten times a second, and says at which limit it has to be ended."""

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from grading.bubblewrap import Places
from grading.cgroups import Group
from grading.folders import FolderError, entries
from grading.tables import MIB, Limits

SIZE_EVERY = 0.5  # seconds between two looks at files: a folder may hold many
SMALLEST_FILE = 4096  # bytes that even an empty file counts


def tree(first: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(first)
        return [root, *root.children(recursive=True)]
    return []


def memory_mib(processes: list[psutil.Process], limit: int) -> int:
    """Resident memory of all; what they share is counted once as soon as it matters."""
    total = sum(value(lambda process=process: process.memory_info().rss) for process in processes)
    if total > limit * MIB:
        total = sum(value(lambda process=process: process.memory_full_info().pss) for process in processes)
    return total // MIB


def value(ask: Callable[[], int]) -> int:
    with suppress(psutil.Error, OSError):
        return ask()
    return 0


def folder_mib(*folders: Path) -> int:
    """What the folders take on disk; a hole in a file takes nothing. Raises FolderError."""
    return sum(max(size_of(entry), SMALLEST_FILE) for folder in folders for entry in entries(folder)) // MIB


def size_of(entry: os.DirEntry) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0


def nameless_mib(processes: Sequence[psutil.Process]) -> int:
    """Files that are open and have no name any more, or never had one (memfd). Raises Unseen."""
    sizes = {}
    for process in processes:
        with suppress(OSError), readable(process.pid):
            for number in os.listdir(f"/proc/{process.pid}/fd"):
                entry = os.stat(f"/proc/{process.pid}/fd/{number}")
                if stat.S_ISREG(entry.st_mode) and not entry.st_nlink:
                    sizes[entry.st_dev, entry.st_ino] = entry.st_blocks * 512
    return sum(sizes.values()) // MIB


class Unseen(Exception):
    """A process that made itself unreadable, in one line."""


@contextmanager
def readable(process: int) -> Iterator[None]:
    """One that is about to end has no memory any more, and its files are closed. Raises Unseen, OSError."""
    try:
        yield
    except PermissionError as error:
        if Path(f"/proc/{process}/statm").read_text().split()[0] != "0":
            raise Unseen("a process whose open files cannot be seen") from error
        raise


class Watch:
    """Says at which limit a run has to be ended."""

    def __init__(self, limits: Limits, places: Places, printed: list[int], group: Group | None = None):
        self.limits, self.places, self.printed, self.group = limits, places, printed, group
        self.start, self.next_size, self.peak = time.monotonic(), 0.0, 0
        self.before = folder_mib(places.submission)

    @property
    def memory_limit(self) -> str:
        return f"{self.limits.memory_mib} MiB of memory"

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def out_of_memory(self) -> bool:
        return self.peak > self.limits.memory_mib or bool(self.group and self.group.out_of_memory())

    def exceeded(self, first: int) -> str:
        processes = tree(first)
        self.peak = max(self.peak, memory_mib(processes, self.limits.memory_mib))
        if self.seconds() > self.limits.wall_seconds:
            return f"{self.limits.wall_seconds:g} seconds of wall time"
        if self.out_of_memory():
            return self.memory_limit
        threads = sum(value(process.num_threads) for process in processes)
        if threads > self.limits.processes:
            return f"{self.limits.processes} processes"
        if self.seconds() < self.next_size:
            return ""
        self.next_size = self.seconds() + SIZE_EVERY
        return self.size_exceeded(processes)

    def size_exceeded(self, processes: Sequence[psutil.Process] = ()) -> str:
        try:
            written = folder_mib(self.places.output, self.places.submission) - self.before
            written += nameless_mib(processes)
        except (FolderError, Unseen) as error:
            return str(error)
        written += sum(os.fstat(number).st_size for number in self.printed) // MIB
        return f"{self.limits.output_mib} MiB of output" if written > self.limits.output_mib else ""
