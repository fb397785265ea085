"""python3 -m grading, stopped by Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.grading.commands import PROJECT
from tests.grading.test_leftovers import words


def test_stopped_by_ctrl_c(data, submission, tmp_path, sandbox):
    """The report that stood there is gone, and the results say that they are not all."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("of an earlier call")
    (out / "results.json").write_text("{}")
    process = subprocess.Popen(
        [sys.executable, "-m", "grading", *words(submission("sleeps_to_the_limit"), data, out)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (out / "raw" / "p3 svhn first").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert process.stderr.read() == "stopped: what was graded so far is in --out\n"
    said = json.loads((out / "results.json").read_text())["output"]
    assert re.match(r"unfinished: \d+ of \d\d checks are made", said) and not (out / "report.html").exists()


CTRL_C_IN_A_FORK = """
import os, runpy, signal
def ctrl_c():
    if os.path.exists(os.environ["ONCE_THERE"]): signal.raise_signal(signal.SIGINT)
os.register_at_fork(after_in_parent=ctrl_c)
runpy.run_module("grading", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("unprotected", [False, True])
def test_ctrl_c_is_not_lost_while_a_run_is_being_started(data, submission, tmp_path, sandbox, unprotected):
    """Python drops exceptions in its hooks around a fork, where the signal arrives here."""
    out = tmp_path / "out"
    more = ["--no-sandbox"] * unprotected
    ended = subprocess.run(
        [sys.executable, "-c", CTRL_C_IN_A_FORK, *words(submission("sleeps_to_the_limit"), data, out), *more],
        cwd=PROJECT,
        env={**os.environ, "ONCE_THERE": str(out / "raw" / "p3 svhn first")},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (130, "stopped: what was graded so far is in --out\n")
