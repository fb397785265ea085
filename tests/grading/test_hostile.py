"""A class of submissions whose authors have read this repository: nothing gets through, every outcome is right, and
the class is graded to its end. As the user who runs the tests: CI does it as root and as a plain one."""

import json
from pathlib import Path

import pytest

from tests.grading.commands import grading
from tests.grading.hostile import BEGIN, THROUGH, Case, between_runs, inward, kernel, outward
from tests.grading.test_class import summary, words

ATTACKS = {**between_runs.CASES, **outward.CASES, **kernel.CASES}
CASES = {**{name: Case(attack) for name, attack in ATTACKS.items()}, **inward.CASES}
SECRET = "value of the grader's own"


def make(folder: Path, case: Case) -> None:
    """With an empty folder and a file that attacks mark."""
    (folder / "folder").mkdir(parents=True)
    files = {"hw3_p3.sh": case.script, "attack.py": BEGIN + case.attack, "notes.txt": "notes", **case.files}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))


@pytest.fixture
def graded_class(data, tmp_path, sandbox) -> Path:
    for name, case in CASES.items():
        make(tmp_path / "students" / name, case)
    ended = grading(*words(tmp_path / "students", data, tmp_path / "out", "--jobs", "2"), SECRET_OF_THE_GRADER=SECRET)
    assert ended.returncode == 0 and ended.stderr == "", ended.stderr[-3000:]
    return tmp_path / "out"


def complaints(report: Path, case: Case, row: dict, labels: str) -> list[str]:
    printed = "".join(path.read_text(errors="replace") for path in (report / "raw").glob("*/std*.txt"))
    results = (report / "results.json").read_text()
    outcomes = {test.get("extra_data", {}).get("outcome") for test in json.loads(results)["tests"]}
    wrong = [line for line in printed.splitlines() if line.startswith(THROUGH)]
    wrong += [] if float(row["points"]) == case.points else [f"{row['points']} points: {row['reason']}"]
    wrong += [] if case.says in results else [f"does not say {case.says!r}: {row['reason']}"]
    wrong += ["the grader's error"] if "grader error" in outcomes else []
    wrong += [f"{secret!r} got through" for secret in (SECRET, labels) if secret in printed]
    page = (report / "report.html").read_bytes()
    return (
        wrong
        + ([f"a report of {len(page):,} bytes"] if len(page) > 200_000 else [])
        + (["markup in the report"] if b"<script" in page or b"<img src=x" in page else [])
    )


def test_hostile_class(graded_class, data):
    labels = (data / "digits" / "svhn" / "test.csv").read_text().splitlines()[1]
    rows = summary(graded_class)
    assert set(rows) == set(CASES) and len(CASES) >= 100
    wrong = {
        name: found
        for name, case in CASES.items()
        if (found := complaints(graded_class / name, case, rows[name], labels))
    }
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())
