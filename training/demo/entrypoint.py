"""Runs hw3_p3.sh and hw3_p4.sh the way a TA does; for the demo and the benchmark.

Imports nothing large: the benchmark reads the peak memory of its children, which on Linux is
never less than what their parent had when it started them.
"""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = ("hw3_p3.sh", "hw3_p4.sh")  # those that predict


def prediction_command(script: str, images: Path, domain: str, csv: Path) -> list[str]:
    """What a TA types."""
    return ["bash", str(REPOSITORY / script), str(images), domain, str(csv)]


def ta_environment() -> dict[str, str]:
    """This environment with the running Python's folder first on PATH, so that it is `python3`."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
