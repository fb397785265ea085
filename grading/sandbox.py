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
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from grading.bubblewrap import Places, environment, isolation, limited, sandboxed
from grading.scheme import Limits
from grading.users import dropped_rights, own_user
from grading.watch import Watch

LOOK_EVERY = 0.1            # seconds between two looks at memory and processes


class SandboxError(Exception):
    """No sandbox to be had here, in one line."""


class Ended(NamedTuple):
    """How a run ended. `limit` names the limit at which the grader ended it, or is empty."""

    exit_code: int          # 128 + n where signal n ended it
    seconds: float
    limit: str
    peak_mib: int


def wait(process: subprocess.Popen, watch: Watch, first: int | None, end: Callable[[], None]) -> str:
    """The limit at which it was ended; "" where it ended by itself."""
    ended = os.pidfd_open(process.pid)
    try:
        while not select.select([ended], [], [], LOOK_EVERY)[0]:
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


def run_sandboxed(command: list[str], places: Places, limits: Limits, network: bool, printed: list[Path]) -> Ended:
    """Runs `command`, its stdout and stderr into the two files `printed`.

    Raises SandboxError where bubblewrap did not come to the point of running it.
    """
    read, status = os.pipe()
    watch = Watch(limits, places, printed)
    with open(printed[0], "wb") as out, open(printed[1], "wb") as err:
        process = subprocess.Popen(sandboxed(command, places, limits, network, status), stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, pass_fds=[status], cwd="/",
                                   start_new_session=True)  # Ctrl-C would end bubblewrap before what it starts
    os.close(status)
    with open(read, encoding="utf-8") as reports:
        first = json.loads(reports.readline() or "{}").get("child-pid")
        limit = wait(process, watch, first, lambda: kill(first))
        wait_for_namespace(first)
        if not limit and "exit-code" not in reports.read():
            raise SandboxError(f"bubblewrap failed: {printed[1].read_text(errors='replace').strip()[:300]}")
    return Ended(exit_code(process), watch.seconds(), limit or watch.size_exceeded(), watch.peak)


def run_unprotected(command: list[str], places: Places, limits: Limits, printed: list[Path]) -> Ended:
    """The same without a sandbox: the limits hold as far as they can, everything on the machine is in reach."""
    watch = Watch(limits, places, printed)
    with open(printed[0], "wb") as out, open(printed[1], "wb") as err:
        process = subprocess.Popen([*limited(limits, inside=False), *command], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=err, cwd=places.submission, env=environment(str(places.output), limits),
                                   start_new_session=True)
    limit = wait(process, watch, process.pid, lambda: kill_group(process.pid))
    kill_group(process.pid)  # what it left behind
    return Ended(exit_code(process), watch.seconds(), limit or watch.size_exceeded(), watch.peak)


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
        raise SandboxError("no sandbox: this kernel lets the user who grades start any number of processes; "
                           "grade as a plain user, or as root outside of a user namespace")


def probed(*command: str) -> subprocess.CompletedProcess:
    """A harmless command in a sandbox that sees the whole system."""
    return subprocess.run(
        ["bwrap", *isolation(network=False), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--",
         *dropped_rights(own_user()), *command], capture_output=True, text=True, cwd="/")
