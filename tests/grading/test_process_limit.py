"""The kernel's own limit of processes, which holds between two looks of the grader."""

import shutil
import tempfile
from pathlib import Path

import pytest

from grading import bubblewrap, sandbox, users
from grading.tables import Limits

LIMITS = Limits(
    wall_seconds=60,
    memory_mib=400,
    processes=40,
    file_mib=8,
    answer_mib=4,
    output_mib=24,
    submission_mib=16,
    submission_files=100,
    model_mib=2,
)
pytestmark = pytest.mark.usefixtures("sandbox")
# Stops by itself far above the limit, so that a limit that does not hold stops no machine. The children sleep.
STARTS_MANY = "for number in {1..200}; do sleep 1000 & echo $number; done"


@pytest.fixture
def folder():
    """One that any user may see."""
    path = Path(tempfile.mkdtemp())
    for name in ("submission", "output"):
        (path / name).mkdir()
    for each in (path, path / "submission", path / "output"):
        each.chmod(0o777)
    yield path
    shutil.rmtree(path)


def start_many(folder: Path) -> None:
    places = bubblewrap.Places(folder / "submission", None, folder / "output", users.new_user())
    ended = sandbox.run_sandboxed(["bash", "-c", STARTS_MANY], places, LIMITS, None, [folder / "out", folder / "err"])
    (folder / "limit").write_text(ended.limit)


def assert_limited(folder: Path) -> None:
    started = int((folder / "out").read_text().split()[-1])
    assert LIMITS.processes - 10 < started <= LIMITS.processes + bubblewrap.SPARE_PROCESSES
    assert (folder / "limit").read_text() == "40 processes"


def test_this_user(folder):
    start_many(folder)
    assert_limited(folder)
