"""Holds a run's processes together in a control group, where the kernel itself limits their memory and number.

Version 2 or 1, whichever has the controllers. Root makes groups at the top; a plain user needs a group
that systemd delegated: `systemd-run --user --scope -p Delegate=yes python3 -m grading ...`.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from grading.tables import MIB, Limits

TOP, LEAF = "grading", "grader"  # the groups of all runs, and where a delegated group's own processes go
CONTROLLERS = ("memory", "pids")
SPARE = 16  # processes: bubblewrap and what drops rights; the run's own limit lies below
MOUNT = re.compile(r" /\S* (\S+) \S+ - cgroup2? \S+ (\S+)$", re.MULTILINE)
NAME = re.compile(r"(\d+)_(\d+)_\d+")
SPARE_MIB = 32  # above the limit of a process's data, so that a script gets a MemoryError of its own


class Groups(NamedTuple):
    """Where groups can be made: one folder for version 2, one for each controller of version 1."""

    version: int
    folders: dict[str, Path]  # controller -> folder


class Group(NamedTuple):
    """One run's."""

    version: int
    folders: dict[str, Path]

    def entering(self) -> list[str]:
        """Words before a command that put it into the group."""
        enter = "; ".join(f"echo 0 > '{folder}/cgroup.procs'" for folder in dict.fromkeys(self.folders.values()))
        return ["/bin/sh", "-c", f'set -e; {enter}; exec "$0" "$@"']

    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process of it for want of memory."""
        file = "memory.events" if self.version == 2 else "memory.oom_control"
        with suppress(OSError):
            return bool(re.search(r"^oom_kill [1-9]", (self.folders["memory"] / file).read_text(), re.MULTILINE))
        return False


def mounted(table: str) -> dict[str, Path]:
    """Controller of version 1, or cgroup2 -> where it is mounted."""
    found = {}
    for place, options in MOUNT.findall(table):
        names = options.split(",")
        found |= {name: Path(place) for name in CONTROLLERS if name in names}
    two = re.search(r" /\S* (\S+) \S+ .*- cgroup2 ", table)
    return found | ({"cgroup2": Path(two[1])} if two else {})


def own_group() -> str:
    """This process's in version 2, without the leaf that the grader moves itself into."""
    line = next((line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")), "0::/")
    return line.removeprefix("0::/").removesuffix(LEAF).rstrip("/")


@cache
def groups() -> Groups | None:
    """None where this user can make none."""
    with suppress(OSError):
        mounts = mounted(Path("/proc/self/mountinfo").read_text())
        if all(name in mounts for name in CONTROLLERS):
            return usable(Groups(1, {name: mounts[name] / TOP for name in CONTROLLERS}))
        top = mounts.get("cgroup2")
        for base in dict.fromkeys([top, top / own_group()]) if top else []:
            if os.access(base / "cgroup.subtree_control", os.W_OK) and delegated(base):
                return usable(Groups(2, dict.fromkeys(CONTROLLERS, base / TOP)))
    return None


def delegated(base: Path) -> bool:
    """Hands both controllers on to groups below; a group that does has no processes of its own, but the top one."""
    wanted = " ".join(f"+{name}" for name in CONTROLLERS)
    with suppress(OSError):
        (base / "cgroup.subtree_control").write_text(wanted)
        return True
    with suppress(OSError):
        (base / LEAF).mkdir(exist_ok=True)
        for number in (base / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (base / LEAF / "cgroup.procs").write_text(number)
        (base / "cgroup.subtree_control").write_text(wanted)
        return True
    return False


def usable(made: Groups) -> Groups | None:
    """With the folder of all runs there, and what dead graders left behind gone."""
    with suppress(OSError):
        for folder in dict.fromkeys(made.folders.values()):
            folder.mkdir(exist_ok=True)
            if not os.access(folder, os.W_OK):  # root's
                return None
            if made.version == 2:
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in CONTROLLERS))
            for left in folder.iterdir():
                if (name := NAME.fullmatch(left.name)) and started(int(name[1])) != name[2]:
                    with suppress(OSError):
                        left.rmdir()
        return made
    return None


def started(process: int) -> str:
    """When, in the kernel's own count: with the number that names one process for ever. "" where there is none."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


@contextmanager
def group(limits: Limits) -> Iterator[Group | None]:
    """A group for one run with the limits set; None where there can be none."""
    if not (made := groups()):
        yield None
        return
    name = f"{os.getpid()}_{started(os.getpid())}_{time.monotonic_ns()}"
    own = Group(made.version, {controller: folder / name for controller, folder in made.folders.items()})
    for folder in dict.fromkeys(own.folders.values()):
        folder.mkdir()
    try:
        set_limits(own, limits)
        yield own
    finally:
        for folder in dict.fromkeys(own.folders.values()):
            remove(folder)


def set_limits(own: Group, limits: Limits) -> None:
    memory, processes = str((limits.memory_mib + SPARE_MIB) * MIB), str(limits.processes + SPARE)
    (own.folders["pids"] / "pids.max").write_text(processes)
    files = (
        ("memory.max", "memory.swap.max")
        if own.version == 2
        else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    )
    (own.folders["memory"] / files[0]).write_text(memory)
    with suppress(OSError):  # a kernel that does not count swap
        (own.folders["memory"] / files[1]).write_text("0" if own.version == 2 else memory)


def remove(folder: Path) -> None:
    """Its last process may be on its way out still."""
    for _ in range(100):
        with suppress(OSError):
            return folder.rmdir()
        time.sleep(0.01)
