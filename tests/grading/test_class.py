"""A class: a row for every submission, none disturbed by another, taken up again after a kill; also on Dask workers."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from grading import classroom
from grading.grade import Order
from tests.grading.commands import HERE, PROJECT, assert_refused, grading

QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
POINTS = {
    "honest": "10.0",
    "honest spaces": "10.0",
    "fork_bomb_bash": "0.0",
    "kills_everything": "10.0",
    "predicts_by_name": "1.5",
    "memory_hog_in_pieces": "0.0",
    "no archive.zip": "0.0",
}


@pytest.fixture
def students(submission, tmp_path, sandbox) -> Path:
    folder = tmp_path / "students"
    folder.mkdir()
    for name in POINTS:
        if name != "no archive.zip":
            submission(name.replace(" ", "_")).rename(folder / name)
    (folder / "no archive.zip").write_text("a page that says: file not found")
    return folder


def keep_only(students: Path, *names: str) -> dict[str, str]:
    """Removes the others. Returns the points of those that stay."""
    for name in POINTS.keys() - set(names):
        remove(students / name)
    return {name: POINTS[name] for name in names}


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def words(folder: Path, data: Path, out: Path, *more) -> list[str]:
    return ["class", str(folder), "--data", str(data), "--scheme", str(HERE / "scheme.toml"), "--out", str(out), *more]


def summary(out: Path) -> dict[str, dict]:
    with open(out / "summary.csv", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def points(out: Path) -> dict[str, str]:
    return {name: row["points"] for name, row in summary(out).items()}


def test_class(students, data, tmp_path):
    out = tmp_path / "out"
    ended = grading(*words(students, data, out, "--jobs", "2"))
    assert ended.returncode == 0, ended.stderr
    assert points(out) == POINTS
    rows = summary(out)
    assert "64 processes" in rows["fork_bomb_bash"]["reason"] and "neither a folder" in rows["no archive.zip"]["reason"]
    assert rows["predicts_by_name"]["reason"].startswith(
        "p3 svhn: same answers: failed: "
    )  # not: the baseline is missed
    assert rows["honest"]["reason"] == "" and rows["honest"]["failed"] == "0"
    page = (out / "class.html").read_text()
    assert all(name in page for name in POINTS) and "Similar code" in page and "<script" not in page
    assert (out / "honest spaces" / "report.html").exists()


def test_taken_up_after_a_kill(students, data, tmp_path):
    """Killed hard once some are finished: those are not graded again, and the rest is."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "grading", *words(students, data, out)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while len(list(out.glob("*/row.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*/row.json")}
    assert grading(*words(students, data, out)).returncode == 0
    assert points(out) == POINTS
    assert {path: path.stat().st_mtime_ns for path in finished} == finished


@pytest.fixture
def student(submission, data, tmp_path, sandbox):
    """Grades a class of one, an honest submission in students/alice. Returns the points and when they were given."""
    (tmp_path / "students").mkdir()
    submission("honest").rename(tmp_path / "students" / "alice")

    def run(*more, code: int = 0) -> tuple[str, int]:
        ended = grading(*words(tmp_path / "students", data, tmp_path / "out", *more))
        assert ended.returncode == code, ended.stderr
        return points(tmp_path / "out")["alice"], (tmp_path / "out" / "alice" / "row.json").stat().st_mtime_ns

    return run


def page(tmp_path) -> str:
    return (tmp_path / "out" / "class.html").read_text()


def scheme_with_another_problem(tmp_path) -> Path:
    text = (HERE / "scheme.toml").read_text()
    problem = text[text.index("[[problems]]") :]
    (tmp_path / "two.toml").write_text(text + problem.replace('"p3"', '"p4"').replace('"accuracy"', '"accuracy again"'))
    return tmp_path / "two.toml"


def test_graded_again_under_other_terms(student, data, tmp_path):
    """One more at a time: another problem, data elsewhere, a deadline. And not once more under the same, whatever
    the number of jobs."""
    _, last = student()
    terms = []
    for option, value in (
        ("--scheme", scheme_with_another_problem(tmp_path)),
        ("--data", shutil.copytree(data, tmp_path / "data")),
        ("--deadline", "2020-12-01"),
    ):
        terms += [option, str(value)]
        score, time_of_row = student(*terms)
        assert score == "20.0" and time_of_row > last, option
        last = time_of_row
    assert student(*terms, "--jobs", "2") == ("20.0", last)


def test_class_without_a_sandbox_says_so(student, tmp_path):
    """Also where its runs are scored again; graded in a sandbox it does not."""
    first = student("--no-sandbox")
    assert "WITHOUT A SANDBOX" in page(tmp_path)
    again = student("--regrade")
    assert "WITHOUT A SANDBOX" in page(tmp_path)
    protected = student()
    assert protected[1] > again[1] > first[1] and "WITHOUT A SANDBOX" not in page(tmp_path)
    assert "fewer than two submissions" in page(tmp_path)


def test_replaced_submission_is_graded_again(student, submission, tmp_path):
    """Not by --regrade, which scores the runs of the one before."""
    alice = tmp_path / "students" / "alice"
    assert student()[0] == "10.0"
    shutil.rmtree(alice)
    submission("no_output").rename(alice)
    assert student("--regrade")[0] == "10.0"
    assert student()[0] == "0.0"


def test_graded_again_after_the_graders_error(student, tmp_path):
    student()
    (tmp_path / "out" / "alice" / "raw" / "p3 svhn first" / "run.json").unlink()
    assert student("--regrade", code=4)[0] == "0.0"
    assert student()[0] == "10.0"


def test_stopped_half_way_is_not_finished(data, scheme, tmp_path, monkeypatch):
    """Neither is it where a row of an earlier call is there: raw outputs and report may be another one's already."""

    def stopped(order, watch):
        raise KeyboardInterrupt

    order = Order(tmp_path / "alice.zip", data, tmp_path / "out", scheme)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "row.json").write_text("{}")
    monkeypatch.setattr(classroom, "grade", stopped)
    with pytest.raises(KeyboardInterrupt):
        classroom.grade_entry(order, classroom.basis(order))
    assert not (tmp_path / "out" / "row.json").exists()


def worker_of(class_run: psutil.Process, command: list[str]) -> psutil.Process | None:
    """The grader's process that waits for a submission which runs that command."""
    for process in class_run.children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            if process.cmdline() == command:
                return next((above for above in process.parents() if "spawn_main" in str(above.cmdline())), None)
    return None


def test_ctrl_c_ends_all_in_one_line(submission, data, tmp_path, sandbox):
    """A terminal sends it to the workers too."""
    (tmp_path / "students").mkdir()
    marker, out = ["sleep", f"{os.getpid()}.25"], tmp_path / "out"
    alice = submission("no_output").rename(tmp_path / "students" / "alice")
    (alice / "hw3_p3.sh").write_text(" ".join(marker) + "\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grading", *words(alice.parent, data, out, "--jobs", "2")],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not worker_of(psutil.Process(process.pid), marker):
        assert process.poll() is None
        time.sleep(0.2)
    sandboxes = [each for each in psutil.Process(process.pid).children(recursive=True) if each.name() == "bwrap"]
    assert sandboxes and all(os.getpgid(each.pid) != process.pid for each in sandboxes)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 130
    assert process.stderr.read() == "stopped: what was graded so far is in --out\n"
    assert not psutil.wait_procs(sandboxes, timeout=30)[1]


def test_submission_whose_worker_dies(students, data, tmp_path):
    """It costs itself only, and is graded when the class is graded again."""
    expected = keep_only(students, "honest", "kills_everything", "predicts_by_name", "no archive.zip")
    marker, out = ["sleep", f"{os.getpid()}.5"], tmp_path / "out"
    (students / "kills_everything" / "hw3_p3.sh").write_text(" ".join(marker) + "\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grading", *words(students, data, out)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None:
        if worker := worker_of(psutil.Process(process.pid), marker):
            worker.kill()
        time.sleep(0.05)
    assert process.returncode == 4 and "not judged on this machine: 1 of 4: kills_everything" in process.stderr.read()
    assert points(out) == {**expected, "kills_everything": ""}
    (students / "kills_everything" / "hw3_p3.sh").write_text((students / "honest" / "hw3_p3.sh").read_text())
    assert grading(*words(students, data, out)).returncode == 0
    assert points(out) == expected


def test_on_dask_workers(students, data, tmp_path):
    expected, out = keep_only(students, "honest", "fork_bomb_bash", "no archive.zip"), tmp_path / "out"
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        ended = grading(*words(students, data, out, "--scheduler", cluster.scheduler_address))
    assert ended.returncode == 0, ended.stderr
    assert points(out) == expected


def test_regrade_of_a_class(students, data, tmp_path):
    out = tmp_path / "out"
    keep_only(students, "honest", "predicts_by_name")
    grading(*words(students, data, out))
    scheme = tmp_path / "other.toml"
    scheme.write_text((HERE / "scheme.toml").read_text().replace("running = 3", "running = 1"))
    again = [*words(students, data, out, "--regrade"), "--scheme", str(scheme)]
    before = summary(out)
    assert grading(*again, "--scheduler", "tcp://127.0.0.1:1", **QUICK).returncode == 2
    assert summary(out) == before  # it stands until there is another one
    assert grading(*again).returncode == 0
    assert points(out) == {"honest": "8.0", "predicts_by_name": "0.5"}


def test_scheduler_without_workers(students, data, tmp_path):
    with LocalCluster(n_workers=0, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        ended = grading(*words(students, data, tmp_path / "out", "--scheduler", cluster.scheduler_address))
    assert_refused(ended, 2, "has no workers")


def test_no_scheduler_there(students, data, tmp_path):
    ended = grading(*words(students, data, tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1"), **QUICK)
    assert_refused(ended, 2, "tcp://127.0.0.1:1")
