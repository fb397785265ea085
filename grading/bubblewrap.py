"""bubblewrap's command line: what a run sees of the machine, and what it shares with it."""

import os
import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import NamedTuple

from grading.scheme import MIB, Limits
from grading.users import OWN_RIGHTS, dropped_rights, is_real_root, own_user

SPARE_PROCESSES = 8
NAMES = {"submission": "/submission", "images": "/images", "output": "/output"}
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
# Of /etc only what programs need to run: a TA's machine keeps secrets there too.
SETTINGS = ["/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
            "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl"]
NETWORK_SETTINGS = ["/etc/resolv.conf", "/etc/hosts"]
GRAPHICS = ["/dev/nvidia*", "/dev/dxg", "/dev/kfd", "/dev/dri"]  # what CUDA and ROCm open


class Places(NamedTuple):
    """Folders of the host that one run sees."""

    submission: Path
    images: Path | None
    output: Path


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


def mounts(places: Places, limits: Limits, network: bool) -> Iterator[str]:
    for folder in SYSTEM:
        if os.path.islink(folder):
            yield from ("--symlink", os.readlink(folder), folder)
        elif os.path.isdir(folder):
            yield from ("--ro-bind", folder, folder)
    for path in [*SETTINGS, *(NETWORK_SETTINGS if network else [])]:
        yield from ("--ro-bind-try", os.path.realpath(path), path)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for device in (path for pattern in GRAPHICS for path in sorted(glob(pattern)) if limits.gpu):
        yield from ("--dev-bind-try", device, device)
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
                "--unshare-cgroup-try", "--hostname", "sandbox", "--clearenv")
    yield from [] if network else ["--unshare-net"]
    if is_real_root():
        yield from ("--cap-drop", "ALL")
        for right in OWN_RIGHTS:
            yield from ("--cap-add", right)
    else:
        yield "--unshare-user"


def limited(limits: Limits, inside: bool) -> list[str]:
    """The kernel's limits. Without a namespace the number of processes would be the whole user's; inside
    it lies a little higher than this module's own, which can say why it ended a run."""
    own = [f"--nproc={limits.processes + SPARE_PROCESSES}"] if inside else []
    return ["prlimit", f"--data={limits.memory_mib * MIB}", f"--fsize={limits.file_mib * MIB}", "--core=0", *own, "--"]


def sandboxed(command: list[str], places: Places, limits: Limits, network: bool, status: int) -> list[str]:
    variables = (word for name, value in environment("/tmp", limits).items()
                 for word in ("--setenv", name, value))
    return ["bwrap", "--json-status-fd", str(status), *isolation(network), *mounts(places, limits, network),
            "--chdir", NAMES["submission"], *variables, "--", *dropped_rights(own_user()), *limited(limits, inside=True), *command]
