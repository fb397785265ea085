"""The two schemes that come with the grader: the course's points, and a submission graded by each."""

import json

import msgspec
import pytest

from grading.scheme import DEFAULT, SCHEMES, SchemeError, checked, read_scheme
from tests.grading.commands import grading


@pytest.mark.parametrize(
    "name, graded, written", [("dlcv_2020", [5, 5, 10, 16], 84), ("dlcv_2019", [10, 10, 10, 16], 64)]
)
def test_points(name, graded, written):
    scheme = read_scheme(SCHEMES / f"{name}.toml")
    assert [problem.max_points for problem in scheme.problems] == graded
    assert sum(item.points for item in scheme.written) == written


def test_the_courses_own_points():
    """3 for running and 3, 5, 7 for domains at 40 %; 6 and 4, 7, 10 for those that beat problem 3."""
    third, fourth = read_scheme(DEFAULT).problems[2:]
    assert (third.running, third.reached, set(third.baseline.values())) == (3, [3, 5, 7], {40.0})
    assert (fourth.running, fourth.reached, fourth.beats) == (6, [4, 7, 10], "p3")


def test_scheme_without_problems(scheme):
    with pytest.raises(SchemeError, match="no problems"):
        checked(msgspec.structs.replace(scheme, problems=[]))


@pytest.mark.parametrize("name", ["dlcv_2020", "dlcv_2019"])
def test_graded_by_it(submission, data, tmp_path, sandbox, name):
    """Problem 4 is problem 3 once more: it runs, and beats it nowhere."""
    folder = submission("honest")
    (folder / "hw3_p4.sh").write_bytes((folder / "hw3_p3.sh").read_bytes())
    ended = grading(folder, "--data", data, "--scheme", SCHEMES / f"{name}.toml", "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    written = json.loads((tmp_path / "out" / "results.json").read_text())
    assert written["score"] == 10 + 6
    assert len(written["extra_data"]["for_a_person"]) == len(read_scheme(SCHEMES / f"{name}.toml").written)
