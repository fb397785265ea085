"""Runs one script of a submission behind bubblewrap, within limits, to the end of all its processes.

Inside there are the system (read-only), this interpreter, the submission's copy, the images and an
output folder; no labels, no other submission, no grader, no network, none of the host's processes
or environment. Two kinds of limit: the kernel's for each process (size of data, files, number of
processes), and this module's, which looks ten times a second and ends the whole namespace.

A normal user's sandbox is a user namespace. Where the grader runs as root that would leave the
submission root's files to read, so there bubblewrap runs without one and the script as an own user.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from grading import cgroups
from grading.bubblewrap import Places, environment, isolation, limited, sandboxed
from grading.interrupt import CTRL_C
from grading.network import Serving, proxy
from grading.recording import Record, Recorder
from grading.tables import MIB, Limits
from grading.users import dropped_rights, new_user
from grading.watch import Watch

LOOK_EVERY = 0.1  # seconds between two looks at memory and processes
PRINTED_KEPT = MIB  # bytes of stdout and of stderr


class SandboxError(Exception):
    """No sandbox to be had here, in one line."""


class Ended(NamedTuple):
    """How a run ended. `limit` names the limit at which the grader ended it, or is empty."""

    exit_code: int  # 128 + n where signal n ended it
    seconds: float
    limit: str
    peak_mib: int
    record: Record


def wait(process: subprocess.Popen, watch: Watch, first: int | None, end: Callable[[], None]) -> str:
    """The limit at which it was ended; "" where it ended by itself."""
    ended = os.pidfd_open(process.pid)
    try:
        while not select.select([ended], [], [], LOOK_EVERY)[0]:
            CTRL_C.raise_noted()
            if first and (limit := watch.exceeded(first)):
                end()
                return limit
        return ""
    except BaseException:
        end()
        raise
    finally:
        process.wait()
        os.close(ended)


def wait_for_namespace(first: int | None) -> None:
    """Until its first process is gone, and with it every other one that is left inside."""
    with suppress(ProcessLookupError, TypeError):
        gone = os.pidfd_open(first)
        select.select([gone], [], [])
        os.close(gone)


def kill(number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def run_sandboxed(
    command: list[str], places: Places, limits: Limits, serving: Serving | None, printed: list[Path]
) -> Ended:
    """Runs `command`, its stdout and stderr into the two files `printed`. `serving` answers
    what it asks the network for; None for a run that has nothing of a network.

    Raises SandboxError where bubblewrap did not come to the point of running it.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, cgroups.group(limits) as group:
        watch = Watch(limits, places, [out.fileno(), err.fileno()], group)
        for number in watch.printed:
            os.fchmod(number, 0o666)  # a script may open /dev/stderr
        try:
            return watched(command, places, serving, watch)
        finally:
            for file, path in zip((out, err), printed):
                keep_printed(file, path)


def watched(command: list[str], places: Places, serving: Serving | None, watch: Watch) -> Ended:
    read, status = os.pipe()
    start, go = os.pipe() if serving else (None, None)
    with Recorder(command) as recorder:
        with sandboxed(command, places, watch.limits, status, start) as (words, inherited), CTRL_C.held_back():
            process = subprocess.Popen(
                [*(watch.group.entering() if watch.group else []), *words],
                stdin=subprocess.DEVNULL,
                env={},
                stdout=watch.printed[0],
                stderr=watch.printed[1],
                pass_fds=inherited,
                cwd="/",
                preexec_fn=recorder.install,
                start_new_session=True,
            )  # Ctrl-C would end bubblewrap before what it starts
        for number in (status, *([start] if start is not None else [])):
            os.close(number)
        with open(read, encoding="utf-8") as reports, ExitStack() as around:
            first = json.loads(reports.readline() or "{}").get("child-pid")
            if go is not None:
                around.callback(os.close, go)
                if first:
                    around.enter_context(proxy(first, serving))
                    os.write(go, b"x")
            limit = wait(process, watch, first, lambda: kill(first))
            wait_for_namespace(first)
            if not limit and watch.out_of_memory():
                limit = watch.memory_limit
            if not limit and "exit-code" not in reports.read():
                said = os.pread(watch.printed[1], 300, 0).decode(errors="replace").strip()
                raise SandboxError(f"bubblewrap failed: {said}")
    return Ended(exit_code(process), watch.seconds(), limit or watch.size_exceeded(), watch.peak, recorder.record)


def keep_printed(file: BinaryIO, path: Path) -> None:
    """What was printed goes to a file without a name first: its path would tell a run which one it is."""
    with open(path, "wb") as kept:
        kept.write(begin_and_end(file))


def begin_and_end(file: BinaryIO) -> bytes:
    """What ended a run stands at the end of what it printed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= PRINTED_KEPT:
        return file.read()
    cut = b"\n[...]\n"
    begin = file.read(PRINTED_KEPT // 2 - len(cut))
    file.seek(-PRINTED_KEPT // 2, os.SEEK_END)
    return begin + cut + file.read()


def run_unprotected(command: list[str], places: Places, limits: Limits, printed: list[Path]) -> Ended:
    """The same without a sandbox: the limits hold as far as they can, everything on the machine is in reach."""
    with open(printed[0], "w+b") as out, open(printed[1], "w+b") as err, Recorder(command) as recorder:
        watch = Watch(limits, places, [out.fileno(), err.fileno()])
        with CTRL_C.held_back():
            process = subprocess.Popen(
                [*limited(limits, inside=False), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=places.submission,
                env=environment(str(places.output), limits),
                preexec_fn=recorder.install,
                start_new_session=True,
            )
        limit = wait(process, watch, process.pid, lambda: kill_group(process.pid))
        kill_group(process.pid)  # what it left behind
        ended = Ended(exit_code(process), watch.seconds(), limit or watch.size_exceeded(), watch.peak, recorder.record)
    for path in printed:
        with open(path, "rb") as file:
            kept = begin_and_end(file)
        path.write_bytes(kept)
    return ended


def kill_group(number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def exit_code(process: subprocess.Popen) -> int:
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


@cache
def require_sandbox() -> None:
    """Raises SandboxError where a sandbox cannot be made, and says why."""
    missing = [tool for tool in ("bwrap", "setpriv", "prlimit") if not shutil.which(tool)]
    if missing:
        raise SandboxError(f"no sandbox: {', '.join(missing)} missing (Debian: apt install bubblewrap util-linux)")
    probe = probed("true")
    if probe.returncode:
        raise SandboxError(f"no sandbox: bubblewrap cannot make one here ({probe.stderr.strip()})")
    if "forked" in probed("prlimit", "--nproc=1", "sh", "-c", "(exit 0); echo forked").stdout:
        raise SandboxError(
            "no sandbox: this kernel lets the user who grades start any number of processes; "
            "grade as a plain user, or as root outside of a user namespace"
        )


def probed(*command: str) -> subprocess.CompletedProcess:
    """A harmless command in a sandbox that sees the whole system."""
    return subprocess.run(
        [
            "bwrap",
            *isolation(),
            "--ro-bind",
            "/",
            "/",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--",
            *dropped_rights(new_user()),
            *command,
        ],
        capture_output=True,
        text=True,
        cwd="/",
    )
