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
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psutil

from grading.folders import FolderError, entries
from grading.scheme import MIB, Limits

LOOK_EVERY = 0.1            # seconds between two looks at memory and processes
SIZE_EVERY = 0.5            # seconds between two looks at files: a folder may hold many
SPARE_PROCESSES = 8
SMALLEST_FILE = 4096        # bytes that even an empty file counts
NAMES = {"submission": "/submission", "images": "/images", "output": "/output"}
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
# Of /etc only what programs need to run: a TA's machine keeps secrets there too.
SETTINGS = ["/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
            "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl"]
NETWORK_SETTINGS = ["/etc/resolv.conf", "/etc/hosts"]
OWN_USER = 1_000_000        # + the thread's number: a user of its own for every run at a time
OWN_RIGHTS = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]  # what setpriv needs before it drops all


class SandboxError(Exception):
    """No sandbox to be had here, in one line."""


class Places(NamedTuple):
    """Folders of the host that one run sees."""

    submission: Path
    images: Path | None
    output: Path


class Ended(NamedTuple):
    """How a run ended. `limit` names the limit at which the grader ended it, or is empty."""

    exit_code: int          # 128 + n where signal n ended it
    seconds: float
    limit: str
    peak_mib: int


@cache
def is_real_root() -> bool:
    """Root of the whole machine; a container's root is often a plain user outside."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def own_user() -> int | None:
    return OWN_USER + threading.get_native_id() if is_real_root() else None


def interpreter_folders() -> list[str]:
    """Where this Python and its packages lie, outside the system's folders."""
    folders = {sys.prefix, sys.base_prefix, *(path for path in sys.path if path.endswith("site-packages"))}
    folders |= {os.path.realpath(folder) for folder in folders}
    outside = sorted(folder for folder in folders if Path(folder).is_dir() and not folder.startswith("/usr/"))
    return [folder for folder in outside if not any(Path(other) in Path(folder).parents for other in outside)]


def environment(home: str, limits: Limits) -> dict[str, str]:
    threads = {"OMP_NUM_THREADS": str(limits.cpu_threads)} if limits.cpu_threads else {}
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "USER": "submission",
            "PYTHONDONTWRITEBYTECODE": "1", **threads}


# bubblewrap's command line

def mounts(places: Places, limits: Limits, network: bool) -> Iterator[str]:
    for folder in SYSTEM:
        if os.path.islink(folder):
            yield from ("--symlink", os.readlink(folder), folder)
        elif os.path.isdir(folder):
            yield from ("--ro-bind", folder, folder)
    for path in [*SETTINGS, *(NETWORK_SETTINGS if network else [])]:
        yield from ("--ro-bind-try", os.path.realpath(path), path)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for memory_folder in ("/dev/shm", "/tmp"):
        yield from ("--size", str(limits.memory_mib * MIB // 4), "--perms", "1777", "--tmpfs", memory_folder)
    for folder in interpreter_folders():
        for parent in reversed(Path(folder).parents[:-1]):
            yield from ("--perms", "0755", "--dir", str(parent))
        yield from ("--ro-bind", folder, folder)
    yield from ("--bind", str(places.submission), NAMES["submission"])
    yield from ("--bind", str(places.output), NAMES["output"])
    if places.images:
        yield from ("--ro-bind", str(places.images), NAMES["images"])
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")


def isolation(network: bool) -> Iterator[str]:
    yield from ("--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                "--unshare-cgroup-try", "--hostname", "sandbox", "--chdir", "/tmp", "--clearenv")
    yield from [] if network else ["--unshare-net"]
    if is_real_root():
        yield from ("--cap-drop", "ALL")
        for right in OWN_RIGHTS:
            yield from ("--cap-add", right)
    else:
        yield "--unshare-user"


def dropped_rights(user: int | None) -> list[str]:
    return [] if user is None else [
        "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
        "--no-new-privs", "--"]


def limited(limits: Limits, inside: bool) -> list[str]:
    """The kernel's limits. Without a namespace the number of processes would be the whole user's; inside
    it lies a little higher than this module's own, which can say why it ended a run."""
    own = [f"--nproc={limits.processes + SPARE_PROCESSES}"] if inside else []
    return ["prlimit", f"--data={limits.memory_mib * MIB}", f"--fsize={limits.file_mib * MIB}", "--core=0", *own, "--"]


def sandboxed(command: list[str], places: Places, limits: Limits, network: bool, status: int) -> list[str]:
    variables = (word for name, value in environment("/tmp", limits).items()
                 for word in ("--setenv", name, value))
    return ["bwrap", "--json-status-fd", str(status), *isolation(network), *mounts(places, limits, network),
            *variables, "--", *dropped_rights(own_user()), *limited(limits, inside=True), *command]


# Looking after a run

def tree(first: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(first)
        return [root, *root.children(recursive=True)]
    return []


def memory_mib(processes: list[psutil.Process], limit: int) -> int:
    """Resident memory of all; what they share is counted once as soon as it matters."""
    total = sum(value(lambda: process.memory_info().rss) for process in processes)
    if total > limit * MIB:
        total = sum(value(lambda: process.memory_full_info().pss) for process in processes)
    return total // MIB


def value(ask: Callable[[], int]) -> int:
    with suppress(psutil.Error, OSError):
        return ask()
    return 0


def folder_mib(*folders: Path) -> int:
    """What the folders take on disk; a hole in a file takes nothing. Raises FolderError."""
    sizes = (value(lambda: entry.stat(follow_symlinks=False).st_blocks * 512)
             for folder in folders for entry in entries(folder))
    return sum(max(size, SMALLEST_FILE) for size in sizes) // MIB


def nameless_mib(processes: list[psutil.Process]) -> int:
    """Files that are open and have no name any more, or never had one (memfd)."""
    sizes = {}
    for process in processes:
        with suppress(OSError):
            for number in os.listdir(f"/proc/{process.pid}/fd"):
                entry = os.stat(f"/proc/{process.pid}/fd/{number}")
                if stat.S_ISREG(entry.st_mode) and not entry.st_nlink:
                    sizes[entry.st_dev, entry.st_ino] = entry.st_blocks * 512
    return sum(sizes.values()) // MIB


class Watch:
    """Says at which limit a run has to be ended."""

    def __init__(self, limits: Limits, places: Places, printed: list[Path]):
        self.limits, self.places, self.printed = limits, places, printed
        self.start, self.next_size, self.peak = time.monotonic(), 0.0, 0
        self.before = folder_mib(places.submission)

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def exceeded(self, first: int) -> str:
        processes = tree(first)
        self.peak = max(self.peak, memory_mib(processes, self.limits.memory_mib))
        if self.seconds() > self.limits.wall_seconds:
            return f"{self.limits.wall_seconds:g} seconds of wall time"
        if self.peak > self.limits.memory_mib:
            return f"{self.limits.memory_mib} MiB of memory"
        threads = sum(value(process.num_threads) for process in processes)
        if threads > self.limits.processes:
            return f"{self.limits.processes} processes"
        if self.seconds() < self.next_size:
            return ""
        self.next_size = self.seconds() + SIZE_EVERY
        return self.size_exceeded(processes)

    def size_exceeded(self, processes: list[psutil.Process] = []) -> str:
        try:
            written = folder_mib(self.places.output, self.places.submission) - self.before
        except FolderError as error:
            return str(error)
        written += nameless_mib(processes) + sum(value(lambda: path.stat().st_size) for path in self.printed) // MIB
        return f"{self.limits.output_mib} MiB of output" if written > self.limits.output_mib else ""


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
                                   stderr=err, cwd=places.output, env=environment(str(places.output), limits),
                                   start_new_session=True)
    limit = wait(process, watch, process.pid, lambda: kill_group(process.pid))
    kill_group(process.pid)  # what it left behind
    return Ended(exit_code(process), watch.seconds(), limit or watch.size_exceeded(), watch.peak)


def kill_group(number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def exit_code(process: subprocess.Popen) -> int:
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def give(user: int, folder: Path) -> None:
    os.chown(folder, user, user)
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            os.chown(os.path.join(place, name), user, user, follow_symlinks=False)


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
