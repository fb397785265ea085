"""Reads what a student handed in within bounds of time and memory.

An archive, a git object or a source file can be made so that reading it takes hours or gigabytes, or
ends the interpreter. It is read in a child process, so that only the child ends.
"""

import os
import pickle
import resource
import select
import signal
from collections.abc import Callable
from typing import TypeVar

import psutil

from grading.tables import MIB

SECONDS = 120
MEMORY_MIB = 2048  # beyond what this process has already
T = TypeVar("T")


class Exhausted(Exception):
    """It was not to be read within the bounds, in one line."""


def bounded(read: Callable[[], T], seconds: float = SECONDS) -> T:
    """What `read` returns or raises, which must be possible to pickle. Raises Exhausted.

    A fork, not multiprocessing: a Dask worker must not have children of that kind.
    """
    answer, end = os.pipe()
    child = os.fork()
    if not child:
        reply(read, end)
    os.close(end)
    try:
        content = received(answer, seconds)
    finally:
        os.close(answer)
        os.kill(child, signal.SIGKILL)  # it has nothing left to do
        os.waitpid(child, 0)
    if not content:
        raise Exhausted("reading it ended the reader")
    result, error = pickle.loads(content)
    if error:
        raise error
    return result


def reply(read: Callable[[], T], end: int) -> None:
    """The child's part: never returns."""
    try:
        most = psutil.Process().memory_info().data + MEMORY_MIB * MIB
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        content = pickle.dumps(attempt(read))
        with open(end, "wb") as pipe:
            pipe.write(content)
    finally:
        os._exit(0)


def attempt(read: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return read(), None
    except (MemoryError, RecursionError) as error:
        return None, Exhausted(f"reading it takes too much ({type(error).__name__})")
    except Exception as error:
        return None, error


def received(answer: int, seconds: float) -> bytes:
    """All that the child sends. Raises Exhausted where that takes too long."""
    content = b""
    while select.select([answer], [], [], seconds)[0]:
        if not (chunk := os.read(answer, MIB)):
            return content
        content += chunk
    raise Exhausted(f"reading it takes more than {seconds:g} seconds")
