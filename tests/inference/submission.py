"""Runs the scripts through bash as a TA does, and says what every refusal has in common."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import warm_python

HANGS = 300  # seconds after which a run that takes a few hangs, on however busy a machine
OLDER = "image_name,label\nolder.png,1\n"
# What makes float32 come out differently.
CPU_SETTINGS = {
    "one thread": dict(OMP_NUM_THREADS="1"),
    "two threads": dict(OMP_NUM_THREADS="2"),
    "SSE4.1 in oneDNN": dict(ONEDNN_MAX_CPU_ISA="SSE41"),
    "AVX2 in oneDNN": dict(ONEDNN_MAX_CPU_ISA="AVX2"),
    "no vectors in ATen": dict(ATEN_CPU_CAPABILITY="default"),
}


def environment(**changes: str) -> dict[str, str]:
    """The tests' own Python as python3, one thread, nothing of the caller's that changes a run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HW3_", "PYTHON"))}
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "OMP_NUM_THREADS": "1", "no_proxy": "*", **changes}


@dataclass(frozen=True)
class Script:
    """A script, the weights that it needs, and the ending of what it writes."""

    name: str
    weights: str
    ending: str

    def command(self, project, folder, output, *more) -> list:
        """What a TA types; a script that draws takes no folder."""
        inputs = [folder, "svhn"] if self.ending == ".csv" else []
        return ["bash", os.path.join(project, self.name), *inputs, output, *more]

    def run(self, project, folder, output, *more, **how) -> subprocess.CompletedProcess:
        return run_to_its_end(self.command(project, folder, output, *more), **how)


P1 = Script("hw3_p1.sh", "vae.pth", ".png")
P2 = Script("hw3_p2.sh", "gan.pth", ".png")
P3 = Script("hw3_p3.sh", "dann_svhn.pth", ".csv")


def run_to_its_end(command, before=(), cwd=None, fresh=False, **changes) -> subprocess.CompletedProcess:
    """`before` goes before bash, `changes` are environment variables.

    Its python3 has imported PyTorch already, unless the call is about what python3 itself does (`fresh`).
    """
    if not (before or fresh or changes.keys() - {"HW3_WEIGHTS_URL"}):
        changes["PATH"] = f"{warm_python.folder()}:{environment()['PATH']}"
    return subprocess.run([*before, *command], cwd=cwd, env=environment(**changes), capture_output=True, timeout=HANGS)


def command(project, folder, domain, output, *more) -> list:
    return ["bash", os.path.join(project, "hw3_p3.sh"), folder, domain, output, *more]


def p3(project, folder, domain, output, *more, **how) -> subprocess.CompletedProcess:
    return run_to_its_end(command(project, folder, domain, output, *more), **how)


def lines(output: Path) -> list[str]:
    """The CSV's lines below its header."""
    header, *rows = Path(output).read_text().splitlines()
    assert header == "image_name,label"
    return rows


def assert_done(result: subprocess.CompletedProcess) -> None:
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def assert_one_line(result: subprocess.CompletedProcess, code: int, *words: str) -> None:
    """The exit code, and one line on stderr that has all the words."""
    message = result.stderr.decode(errors="surrogateescape")
    assert result.returncode == code, message
    assert message.count("\n") == 1 and message.endswith("\n"), message
    assert result.stdout == b""
    for word in ("Traceback", "unexpected"):
        assert word not in message
    for word in words:
        assert word in message


def assert_refused(result: subprocess.CompletedProcess, code: int, output: Path, *words: str) -> None:
    """One line, and beside the older output, itself untouched, lies nothing new."""
    assert_one_line(result, code, *words)
    assert output.read_text() == OLDER
    assert os.listdir(output.parent) == [output.name]


def without_root_rights() -> list[str]:
    """What to put before a command so that file permissions bind it even where the tests run as root."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


BY_NAME = ["python3", "-B", "-m", "inference"]


def by_name(project, *arguments, **how) -> subprocess.CompletedProcess:
    """What is typed in the project's folder."""
    return run_to_its_end([*BY_NAME, *arguments], cwd=project, **how)
