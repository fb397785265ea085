"""A grader that is killed leaves nothing that the next start does not remove. Another grader's folders stay."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grading import cgroups
from tests.grading.commands import HERE, PROJECT, grading


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


def words(submission: Path, data: Path, out: Path) -> list:
    return [submission, "--data", data, "--scheme", HERE / "scheme.toml", "--out", out]


@pytest.fixture
def running(submission, data, tmp_path, temporary, sandbox):
    """A grader in the middle of a run."""
    command = [sys.executable, "-m", "grading", *words(submission("sleeps_to_the_limit"), data, tmp_path / "out")]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "out" / "raw" / "p3 svhn first").exists():
        assert process.poll() is None
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()


def test_dead_ones_are_removed(running, submission, data, tmp_path, temporary):
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert os.listdir(temporary)
    grading(*words(submission("no_output"), data, tmp_path / "other"))
    assert not os.listdir(temporary)
    for folder in cgroups.groups().folders.values() if cgroups.groups() else []:
        assert not list(folder.glob(f"{running.pid}_*"))


def test_living_ones_are_not(running, submission, data, tmp_path, temporary):
    before = set(os.listdir(temporary))
    grading(*words(submission("no_output"), data, tmp_path / "other"))
    assert running.poll() is None and before and before == set(os.listdir(temporary))


def test_what_another_program_left_is_not(submission, data, tmp_path, temporary, sandbox):
    """Nor does a link with such a name lead the removal elsewhere."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("ten years")
    (temporary / "locked_grading_link").symlink_to(tmp_path / "thesis")
    (temporary / "grading_notes").mkdir()
    grading(*words(submission("no_output"), data, tmp_path / "other"))
    assert (tmp_path / "thesis" / "chapter").exists() and (temporary / "grading_notes").exists()
