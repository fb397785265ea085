"""Asks the kernel: stops calls of other processes until this one has looked at them (seccomp_unotify(2)).

A filter is put on a process between fork and exec and holds for all that it starts. Calls of the three
kinds that it names wait; a stopped process's memory can be read, and its call goes on or ends with an error.
"""

import array  # noqa: F401  socket.send_fds needs it, and after a fork is no time to import
import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

LINKS = 40  # of a path, as the kernel's own limit


class Machine(NamedTuple):
    """Numbers of the kernel's interface that differ between processors."""

    audit: int
    seccomp: int
    execve: int
    execveat: int
    chdir: int


MACHINES = {"x86_64": Machine(0xC000003E, 317, 59, 322, 80), "aarch64": Machine(0xC00000B7, 277, 221, 281, 49)}
SET_FILTER, NEW_LISTENER, KILLABLE = 1, 8, 32
NO_NEW_PRIVILEGES = 38
RECEIVE, SEND = 0xC0502100, 0xC0182101
NOTICE = struct.Struct("QIIiIQ6Q")  # id, process, flags, call, architecture, address, six arguments
ANSWER = struct.Struct("QqiI")  # id, value, error, flags
GO_ON = 1
ALLOW, ASK, REFUSE = 0x7FFF0000, 0x7FC00000, 0x00050000 | errno.ENOSYS
OTHER_ABI = 0x40000000  # x86's x32 calls have this bit


# The filter


def statement(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def filter_program(machine: Machine) -> bytes:
    """Classic BPF: asks for the three calls; calls of a foreign interface, which have other numbers, do not exist."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    calls = machine.execve, machine.execveat, machine.chdir
    return b"".join(
        [
            statement(load, 4),
            statement(equal, machine.audit, 0, len(calls) + 3),
            statement(load, 0),
            statement(at_least, OTHER_ABI, len(calls) + 1, 0),
            *(statement(equal, call, len(calls) + 1 - place, 0) for place, call in enumerate(calls)),
            statement(answer, ALLOW),
            statement(answer, REFUSE),
            statement(answer, ASK),
        ]
    )


class FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = MACHINES.get(platform.machine())
BYTES = ctypes.create_string_buffer(filter_program(MACHINE)) if MACHINE else None
PROGRAM = FilterProgram(len(filter_program(MACHINE)) // 8, ctypes.addressof(BYTES)) if MACHINE else None


def install(sink: socket.socket) -> None:
    """Between fork and exec: puts this process and all that it will start under the filter."""
    number = -1
    if MACHINE:
        if os.geteuid():
            LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        for flags in (NEW_LISTENER | KILLABLE, NEW_LISTENER):  # kernels before 5.19 know only the second
            number = LIBC.syscall(MACHINE.seccomp, SET_FILTER, flags, ctypes.byref(PROGRAM)) if number < 0 else number
    socket.send_fds(sink, [b"x"], [number] if number >= 0 else [])


class Notice(NamedTuple):
    """A call that waits."""

    process: int
    call: int
    arguments: tuple[int, ...]


def listen(listener: int, end: socket.socket, seen: Callable[[Notice], int]) -> None:
    """Until the last process under the filter is gone, or `end` is hung up. `seen` returns the error with
    which the call is to end, or 0."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(end, 0)
    while not any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll()):
        notice = bytearray(NOTICE.size)
        with suppress(OSError):  # the process that asked is gone
            fcntl.ioctl(listener, RECEIVE, notice)
            number, process, _, call, _, _, *arguments = NOTICE.unpack(notice)
            error = seen(Notice(process, call, tuple(arguments)))
            fcntl.ioctl(listener, SEND, ANSWER.pack(number, 0, -error, 0 if error else GO_ON))


# Reading a stopped process


def text_at(memory: int, address: int, most: int = 4096) -> str:
    """The string that ends with a zero byte."""
    return os.fsdecode(os.pread(memory, most, address).partition(b"\0")[0]) if address else ""


def texts_at(memory: int, address: int, most: int, length: int) -> Iterator[str]:
    """Those of a list of addresses that ends with zero."""
    pointers = os.pread(memory, 8 * most, address) if address else b""
    for (pointer,) in struct.iter_unpack("Q", pointers[: len(pointers) // 8 * 8]):
        if not pointer:
            return
        yield text_at(memory, pointer, length)


def parent(process: int) -> int:
    with suppress(OSError), open(f"/proc/{process}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])
    return 0


def followed(process: int, path: str) -> str:
    """The file behind all links, as the process sees them; "" where there is none, and the path itself where it cannot
    be told."""
    try:
        return resolved(process, os.path.join(os.readlink(f"/proc/{process}/cwd"), path))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError:
        return path


def resolved(process: int, path: str) -> str:
    """One part after another: links are the process's, and so is what /proc says of "self". Raises OSError."""
    found, left, links = [], path.split("/")[::-1], 0
    while left:
        part = left.pop()
        if part == "..":
            found = found[:-1]
        elif part not in ("", "."):
            found.append(part)
            if target := link(process, found):
                links += 1
                found, left = [] if target.startswith("/") else found[:-1], left + target.split("/")[::-1]
        if links > LINKS:
            raise OSError(errno.ELOOP, "too many links")
    return "/" + "/".join(found)


def link(process: int, parts: list[str]) -> str:
    """Where it leads to; "" for what is no link. Raises OSError."""
    if parts in (["proc", "self"], ["proc", "thread-self"]):
        group, thread = (number_inside(process, name) for name in ("NStgid", "NSpid"))
        return group if parts[1] == "self" else f"{group}/task/{thread}"
    place = f"/proc/{process}/root/" + "/".join(parts)
    if not stat.S_ISLNK(os.lstat(place).st_mode):
        return ""
    target = os.readlink(place)
    if parts[0] == "proc" and len(parts) > 2 and (not target.startswith("/") or target.endswith(" (deleted)")):
        raise OSError(errno.ESTALE, "an open file without a name")
    return target


def number_inside(process: int, name: str) -> str:
    """A process's number as the process itself knows it."""
    with open(f"/proc/{process}/status") as file:
        return next(line.split()[-1] for line in file if line.startswith(f"{name}:"))
