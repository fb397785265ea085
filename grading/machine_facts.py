"""/proc as a run sees it: nothing in it tells what other runs, or the machine, are doing or did.

Every process can read the kernel's counters of the whole machine, so that a run could count something
up for a later one. In their place stand files without news, or nothing.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from grading.folders import process_folder
from grading.tables import Limits

KEPT = {
    "cpuinfo",
    "filesystems",
    "mounts",
    "net",
    "self",
    "sys",
    "thread-self",
    "version",
    "devices",
    "driver",
}  # these two for a GPU
HIDDEN_BELOW = ("sys/fs", "sys/kernel/pty", "sys/kernel/random")


def without_news(name: str, limits: Limits) -> str:
    """The file as of a machine that has just started, with one run's memory and nothing to do."""
    if name == "meminfo":
        amount = limits.memory_mib * 1024
        lines = (line.partition(":")[0] for line in Path("/proc/meminfo").read_text().splitlines())
        full = ("MemTotal", "MemFree", "MemAvailable")
        return "".join(f"{line}: {amount if line in full else 0} kB\n" for line in lines)
    if name == "stat":
        cores = "".join(f"cpu{number} 0 0 0 0 0 0 0 0 0 0\n" for number in range(os.cpu_count() or 1))
        return f"cpu  0 0 0 0 0 0 0 0 0 0\n{cores}ctxt 0\nbtime 0\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n"
    return {"loadavg": "0.00 0.00 0.00 1/1 1\n", "uptime": "0.00 0.00\n"}.get(name, "")


@cache
def replaced(limits: Limits) -> dict[str, Path]:
    """Path inside -> what is mounted there, made once a process."""
    folder = process_folder() / f"proc_{len(os.listdir(process_folder()))}"
    (folder / "nothing").mkdir(parents=True)
    found = {f"/proc/{name}": folder / "nothing" for name in HIDDEN_BELOW if os.path.isdir(f"/proc/{name}")}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() or entry.name in KEPT:
            continue
        if entry.is_dir():
            found[entry.path] = folder / "nothing"
        else:
            found[entry.path] = folder / entry.name
            found[entry.path].write_text(without_news(entry.name, limits))
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o444)
    return found


def mounts(limits: Limits) -> Iterator[str]:
    for inside, path in replaced(limits).items():
        yield from ("--ro-bind", str(path), inside)
