"""Reads what a student handed in within bounds of time and memory.

An archive, a git object or a source file can be made so that reading it takes hours or gigabytes, or
ends the interpreter. It is read in a child process, so that only the child ends. What the child sends
back is bounded too, in size and in what it may be: this project's own kinds of values, and errors.
"""

import builtins
import io
import os
import pickle
import resource
import select
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

from grading.interrupt import CTRL_C
from grading.tables import MIB

SECONDS = 120
MEMORY_MIB = 2048  # beyond what this process has already
ANSWER_MIB = 64
T = TypeVar("T")


class Exhausted(Exception):
    """It was not to be read within the bounds, in one line."""


def bounded(read: Callable[[], T], seconds: float = SECONDS) -> T:
    """What `read` returns or raises, which must be possible to pickle. Raises Exhausted.

    A fork, not multiprocessing: a Dask worker must not have children of that kind.
    """
    answer, end = os.pipe()
    with CTRL_C.held_back():
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
    result, kind, words = Answer(io.BytesIO(content)).load()
    if kind:
        raise kind(*words)
    return result


class Answer(pickle.Unpickler):
    """Builds no object of another kind than those that the project sends: its own classes, sets and errors."""

    def find_class(self, module: str, name: str) -> type:
        kind = getattr(builtins, name, None) if module == "builtins" else None
        if isinstance(kind, type) and issubclass(kind, (Exception, set, frozenset)):
            return kind
        found = super().find_class(module, name) if module.startswith("grading.") else None
        if isinstance(found, type) and found.__module__ == module:  # not what the module imports
            return found
        raise Exhausted(f"reading it gave something that was not asked for ({module}.{name})")


def reply(read: Callable[[], T], end: int) -> None:
    """The child's part: never returns."""
    try:
        most = psutil.Process().memory_info().data + MEMORY_MIB * MIB
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        content = answer_of(attempt(read))
        with open(end, "wb") as pipe:
            pipe.write(content)
    finally:
        os._exit(0)


def answer_of(attempted: tuple) -> bytes:
    """An error that cannot be sent, another project's kind for one, is sent in words."""
    try:
        Answer(io.BytesIO(content := pickle.dumps(attempted))).load()
        return content
    except Exception:
        result, kind, words = attempted
        said = ", ".join(map(str, words)) if kind else "cannot be sent"
        return pickle.dumps((None, RuntimeError, (f"{(kind or type(result)).__name__}: {said}",)))


def attempt(read: Callable[[], T]) -> tuple[T | None, type[Exception] | None, tuple]:
    """What it returns, or the kind of error and its arguments: Dask changes how an error itself is pickled."""
    try:
        return read(), None, ()
    except (MemoryError, RecursionError) as error:
        return None, Exhausted, (f"reading it takes too much ({type(error).__name__})",)
    except Exception as error:
        return None, type(error), error.args


def received(answer: int, seconds: float) -> bytes:
    """All that the child sends. Raises Exhausted where that takes too long."""
    content, end = b"", time.monotonic() + seconds
    while select.select([answer], [], [], max(0, end - time.monotonic()))[0]:
        if not (chunk := os.read(answer, MIB)):
            return content
        content += chunk
        if len(content) > ANSWER_MIB * MIB:
            raise Exhausted(f"reading it gives more than {ANSWER_MIB} MiB")
    raise Exhausted(f"reading it takes more than {seconds:g} seconds")
