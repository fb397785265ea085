"""Calls of python3 -m grading, and what a refused one looks like."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent


def grading(*words, cwd=PROJECT, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "grading", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "200", **environment},
    )


def assert_refused(ended, code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.count("\n") == 1 and "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr
