"""hw3_p4.sh is hw3_p3.sh with another method's weights, so what is tested there holds here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.inference.submission import HANGS, assert_one_line, environment, p3

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mean_teachers(clone) -> Path:
    """A project whose weights and script are the mean teacher's alone."""
    for weights in (clone / "weights").iterdir():
        weights.rename(weights.with_name(weights.name.replace("dann", "mean_teacher")))
    pins = clone / "checkpoints.txt"
    pins.write_text(pins.read_text().replace("dann", "mean_teacher"))
    (clone / "hw3_p3.sh").unlink()
    shutil.copy(ROOT / "hw3_p4.sh", clone)
    return clone


def p4(project, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", project / "hw3_p4.sh", *arguments], env=environment(), capture_output=True, timeout=HANGS
    )


def test_the_method_is_the_only_difference():
    code = [
        [line for line in (ROOT / f"hw3_p{problem}.sh").read_text().splitlines() if not line.startswith("# ")]
        for problem in (3, 4)
    ]
    assert [line.replace("mean_teacher", "dann") for line in code[1]] == code[0]


def test_same_weights_same_csv(project, mean_teachers, many, tmp_path):
    p3(project, many, "svhn", tmp_path / "p3.csv")
    result = p4(mean_teachers, many, "svhn", tmp_path / "p4.csv")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert (tmp_path / "p4.csv").read_bytes() == (tmp_path / "p3.csv").read_bytes()


def test_missing_weights_are_named(mean_teachers, folder, tmp_path):
    (mean_teachers / "weights" / "mean_teacher_usps.pth").unlink()
    assert_one_line(p4(mean_teachers, folder, "usps", tmp_path / "out.csv"), 3, "mean_teacher_usps.pth")
    assert not (tmp_path / "out.csv").exists()
