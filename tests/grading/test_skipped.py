"""Without bubblewrap the tests that need it are skipped on a student's machine and fail in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
NEEDS_SANDBOX = "tests/grading/test_archives.py::test_uncommitted_work_does_not_count"


@pytest.mark.parametrize("ci, code, says", [({}, 0, "1 skipped"), ({"CI": "1"}, 1, "1 error")])
def test_without_bubblewrap(tmp_path, ci, code, says):
    outside = {name: value for name, value in os.environ.items() if name != "CI"}
    environment = {**outside, "PATH": str(tmp_path), **ci}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", NEEDS_SANDBOX],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == code and says in ended.stdout
    assert "bwrap, setpriv, prlimit missing (Debian: apt install bubblewrap util-linux)" in ended.stdout
