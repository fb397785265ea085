"""What `make lint` asks for."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_ruff_finds_nothing(command):
    ruff = [sys.executable, "-m", "ruff", *command.split(), "--no-cache", "."]
    found = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert not found.returncode, found.stdout + found.stderr
