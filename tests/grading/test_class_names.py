"""Names in a class: none shares a row or a report with another one, and none is left out in silence."""

import csv
import os
from pathlib import Path

import pytest

from tests.grading.commands import HERE, assert_refused, grading

NAMES = [
    b"\xff\x1b[2J",
    b"<b>100 % &",
    b"summary.csv",
    b"Class.html",
    b"new\nline",
    b"new\\nline",
    b"Alice",
    b"alice",
    "Ａlice".encode(),
    b"alice.",
    b"=HYPERLINK(1)",
    b"+1",
    b"-1",
    b"@sum",
    b"\tcell",
    b"n" * 255,
    b"\x01" * 255,
]


@pytest.fixture
def students(tmp_path) -> Path:
    """Files that are no archives: refused at once, and with a row each."""
    folder = tmp_path / "students"
    folder.mkdir()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_text("no archive")
    return folder


def words(folder: Path, data: Path, out: Path, *more) -> list:
    return ["class", folder, "--data", data, "--scheme", HERE / "scheme.toml", "--out", out, *more]


def rows(out: Path) -> list[dict]:
    with open(out / "summary.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_every_name_has_its_own_row_and_report(students, data, tmp_path, sandbox):
    (students / ".hidden student").write_text("no archive")
    ended = grading(*words(students, data, tmp_path / "out"))
    assert ended.returncode == 0 and ended.stderr == ""
    table, reports = rows(tmp_path / "out"), list((tmp_path / "out").glob("*/report.html"))
    assert len(table) == len({row["submission"].casefold() for row in table}) == len(reports) == len(NAMES)
    assert not [row for row in table for cell in row.values() if cell and cell[0] in "=+-@\t\r"]
    page = (tmp_path / "out" / "class.html").read_text()
    assert ".hidden student" in page and ".hidden student" in ended.stdout and "<b>100" not in page


def test_names_are_the_same_in_the_next_call(students, data, tmp_path, sandbox):
    """Otherwise everything would be graded again."""
    grading(*words(students, data, tmp_path / "out"))
    first = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/row.json")}
    grading(*words(students, data, tmp_path / "out"))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/row.json")} == first


@pytest.mark.parametrize("inside", ["out", "../students/out", "alice/out"])
def test_reports_do_not_go_into_what_is_graded(students, data, inside):
    (students / "alice").unlink()
    (students / "alice").mkdir()
    assert_refused(grading(*words(students, data, students / inside)), 2, "--out", "which is graded")
    assert_refused(
        grading(
            students / "alice", "--data", data, "--scheme", HERE / "scheme.toml", "--out", students / "alice" / "out"
        ),
        2,
        "--out",
        "which is graded",
    )


def test_reports_do_not_go_through_a_link_into_what_is_graded(students, data, tmp_path):
    (tmp_path / "elsewhere").symlink_to(students)
    assert_refused(grading(*words(students, data, tmp_path / "elsewhere" / "out")), 2, "--out", "which is graded")


def received(tmp_path, *lines: str) -> list:
    (tmp_path / "received.csv").write_text("\n".join(["submission,received", *lines]))
    return ["--deadline", "2020-12-01T00:00Z", "--received", tmp_path / "received.csv"]


def test_time_of_hand_in_from_a_table(students, data, tmp_path, sandbox):
    for name in ("+1", "-1", "=HYPERLINK(1)"):  # without scripts, so that nothing runs
        (students / name).unlink()
        (students / name).mkdir()
    due = received(tmp_path, "+1,2020-11-30T12:00Z", "-1,2020-12-02T12:00+00:00")
    assert grading(*words(students, data, tmp_path / "out", *due)).returncode == 0
    assert (tmp_path / "out" / "-1" / "report.html").exists()
    days = {row["submission"]: row["late_days"] for row in rows(tmp_path / "out")}
    assert (days["'+1"], days["'-1"], days["'=HYPERLINK(1)"]) == ("0", "2", "")


@pytest.mark.parametrize(
    "line, reason",
    [
        ("nobody,2020-11-30", "no submission is called nobody"),
        ("+1,yesterday", "ISO 8601"),
        ("+1", "ISO 8601"),
        ("+1,2020-11-30\n+1,2020-12-30", "twice"),
    ],
)
def test_tables_that_cannot_be_used(students, data, tmp_path, sandbox, line, reason):
    assert_refused(
        grading(*words(students, data, tmp_path / "out", *received(tmp_path, line))), 2, "received.csv", reason
    )
