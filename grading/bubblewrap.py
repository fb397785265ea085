"""bubblewrap's command line: what a run sees of the machine, and what it shares with it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from glob import glob
from pathlib import Path
from typing import NamedTuple

from grading import machine_facts, network, seccomp
from grading.downloads import WGETRC
from grading.python_watch import watched_files
from grading.tables import MIB, Limits
from grading.users import OWN_RIGHTS, dropped_rights, is_real_root, user_list

SPARE_PROCESSES = 8
NAMES = {"submission": "/submission", "images": "/images", "output": "/output"}
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
# Of /etc only what programs need to run: a TA's machine keeps secrets there too.
SETTINGS = [
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
]
GRAPHICS = ["/dev/nvidia*", "/dev/dxg", "/dev/kfd", "/dev/dri"]  # what CUDA and ROCm open
# And read: without it cuInit ends with CUDA_ERROR_OPERATING_SYSTEM (304).
GRAPHICS_TOLD = [
    "/sys/module/nvidia*",
    "/sys/module/amdgpu",
    "/sys/bus/pci",
    "/sys/class/drm",
    "/sys/class/kfd",
    "/sys/devices/pci*",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/devices/virtual/kfd",
]


class Places(NamedTuple):
    """Folders of the host that one run sees, and the user that it runs as: None for the grader's own, a plain one."""

    submission: Path
    images: Path | None
    output: Path
    user: int | None


class Plumbing(NamedTuple):
    """Open files between the grader and bubblewrap, by their numbers."""

    status: int  # bubblewrap writes what it did
    start: int | None  # it waits until something stands here
    passwd: int
    group: int
    filter: int | None
    wgetrc: int | None  # wget's settings, where there is something of a network


def interpreter_folders() -> list[str]:
    """Where this Python and its packages lie, outside the system's folders."""
    folders = {sys.prefix, sys.base_prefix, *(path for path in sys.path if path.endswith("site-packages"))}
    folders |= {os.path.realpath(folder) for folder in folders}
    outside = sorted(folder for folder in folders if Path(folder).is_dir() and not folder.startswith("/usr/"))
    return [folder for folder in outside if not any(Path(other) in Path(folder).parents for other in outside)]


def environment(home: str, limits: Limits) -> dict[str, str]:
    threads = {"OMP_NUM_THREADS": str(limits.cpu_threads)} if limits.cpu_threads else {}
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    return {
        "PATH": path,
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "USER": "submission",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
        **threads,
    }


def mounts(places: Places, limits: Limits, plumbing: Plumbing) -> Iterator[str]:
    for folder in SYSTEM:
        if os.path.islink(folder):
            yield from ("--symlink", os.readlink(folder), folder)
        elif os.path.isdir(folder):
            yield from ("--ro-bind", folder, folder)
    yield from ("--perms", "0755", "--dir", "/etc")
    for path in SETTINGS:
        yield from ("--ro-bind-try", os.path.realpath(path), path)
    for path, number in (("/etc/passwd", plumbing.passwd), ("/etc/group", plumbing.group)):
        yield from ("--perms", "0444", "--ro-bind-data", str(number), path)
    if plumbing.wgetrc is not None:
        yield from ("--perms", "0444", "--ro-bind-data", str(plumbing.wgetrc), "/etc/wgetrc")
    yield from ("--proc", "/proc", *machine_facts.mounts(limits), "--dev", "/dev")
    devices = found(GRAPHICS) if limits.gpu else []
    for device in devices:
        yield from ("--dev-bind-try", device, device)
    for told in found(GRAPHICS_TOLD) if devices else []:
        yield from (*folders_above(told), "--ro-bind-try", told, told)
    for memory_folder in ("/dev/shm", "/tmp"):
        yield from ("--size", str(limits.memory_mib * MIB // 4), "--perms", "1777", "--tmpfs", memory_folder)
    for folder in interpreter_folders():
        yield from (*folders_above(folder), "--ro-bind", folder, folder)
    for file, place in watched_files():
        yield from ("--ro-bind", str(file), str(place))
    yield from ("--bind", str(places.submission), NAMES["submission"])
    yield from ("--bind", str(places.output), NAMES["output"])
    if places.images:
        yield from ("--ro-bind", str(places.images), NAMES["images"])
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")


def folders_above(path: str) -> Iterator[str]:
    """Which every user can look into."""
    for parent in reversed(Path(path).parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def found(patterns: list[str]) -> list[str]:
    return [path for pattern in patterns for path in sorted(glob(pattern))]


def isolation() -> Iterator[str]:
    yield from (
        "--die-with-parent",
        "--new-session",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-net",
        "--unshare-cgroup-try",
        "--hostname",
        "sandbox",
        "--clearenv",
    )
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


def options(places: Places, limits: Limits, plumbing: Plumbing) -> list[str]:
    proxied = network.environment() if plumbing.start is not None else {}
    variables = (
        word for name, value in {**environment("/tmp", limits), **proxied}.items() for word in ("--setenv", name, value)
    )
    wait = [] if plumbing.start is None else ["--block-fd", str(plumbing.start)]
    filtered = [] if plumbing.filter is None else ["--seccomp", str(plumbing.filter)]
    return [
        "--json-status-fd",
        str(plumbing.status),
        *wait,
        *filtered,
        *isolation(),
        *mounts(places, limits, plumbing),
        "--chdir",
        NAMES["submission"],
        *variables,
    ]


def in_memory(content: bytes) -> int:
    """A file without a name that holds this, open for reading."""
    number = os.memfd_create("grading")
    os.write(number, content)
    os.lseek(number, 0, os.SEEK_SET)
    return number


@contextmanager
def sandboxed(
    command: list[str], places: Places, limits: Limits, status: int, start: int | None
) -> Iterator[tuple[list[str], list[int]]]:
    """The command in its sandbox, and the files that it inherits.

    The options go through a file: what process 1 was called with can be read inside, and tells the host's paths.
    """
    with ExitStack() as files:

        def held(content: bytes) -> int:
            files.callback(os.close, number := in_memory(content))
            return number

        passwd, group = (held(text.encode()) for text in user_list(places.user))
        plumbing = Plumbing(
            status,
            start,
            passwd,
            group,
            held(seccomp.own_program()) if seccomp.own_program() else None,
            held(WGETRC) if start is not None else None,
        )
        words = held("\0".join(options(places, limits, plumbing)).encode(errors="surrogateescape"))
        inherited = [number for number in (*plumbing, words) if number is not None]
        yield (
            [
                shutil.which("bwrap") or "bwrap",
                "--args",
                str(words),
                "--",
                *dropped_rights(places.user),
                *limited(limits, inside=True),
                *command,
            ],
            inherited,
        )
