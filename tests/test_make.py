"""The Makefile's set-up, with stand-ins for python3 and pip: nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
# Answers as python3 does; `-m venv` leaves a .venv whose Python notes what it is asked.
PYTHON3 = """#!/bin/sh
case "$*" in
*version_info*) exit {too_old} ;;
*ensurepip*) exit {no_venv} ;;
-V) echo Python 3.8.1 ;;
"-m venv .venv")
    mkdir -p .venv/bin
    printf '#!/bin/sh\\necho "$*" >> asked\\n' > .venv/bin/python
    chmod +x .venv/bin/python ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A folder with the Makefile and, on its own PATH, only what set-up may ask for."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in ("make", "wget", "mkdir", "chmod", "touch"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    add_python3(tmp_path)
    return tmp_path


def add_python3(project: Path, too_old: int = 0, no_venv: int = 0) -> None:
    stand_in = project / "bin" / "python3"
    stand_in.write_text(PYTHON3.format(too_old=too_old, no_venv=no_venv))
    stand_in.chmod(0o755)


def make(project: Path) -> subprocess.CompletedProcess:
    environment = {"PATH": str(project / "bin")}
    return subprocess.run(["make", "test"], cwd=project, env=environment, capture_output=True, text=True)


def asked(project: Path) -> list[str]:
    """What the virtual environment's Python was called with, so far."""
    return (project / "asked").read_text().splitlines() if (project / "asked").exists() else []


def test_sets_up_once(project):
    assert make(project).returncode == 0 and make(project).returncode == 0
    installs = [line for line in asked(project) if line.startswith("-m pip install")]
    assert len(installs) == 1 and installs[0].endswith("-r requirements-dev.txt")
    assert len([line for line in asked(project) if line.startswith("-m pytest")]) == 4


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_sets_up_again_when_requirements_change(project, name):
    make(project)
    stamp = (project / ".venv" / "set_up").stat().st_mtime
    os.utime(project / name, (stamp + 5, stamp + 5))
    make(project)
    assert len([line for line in asked(project) if line.startswith("-m pip")]) == 2


def test_an_interrupted_set_up_is_taken_up_again(project):
    (project / ".venv" / "bin").mkdir(parents=True)
    assert make(project).returncode == 0
    assert asked(project)[0].startswith("-m pip install")


def assert_stops_saying(project: Path, words: str) -> None:
    ended = make(project)
    complaint = [line for line in ended.stderr.splitlines() if not line.startswith("make:")]
    assert ended.returncode != 0 and len(complaint) == 1 and words in complaint[0]
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("tool", ["wget", "python3"])
def test_missing_tool(project, tool):
    (project / "bin" / tool).unlink()
    assert_stops_saying(project, f"{tool} is missing")


def test_old_python(project):
    add_python3(project, too_old=1)
    assert_stops_saying(project, "python3 is Python 3.8.1, too old: 3.10 or newer is needed")


def test_python_without_venv(project):
    add_python3(project, no_venv=1)
    assert_stops_saying(project, "python3-venv")
