"""python3 -m grading: what it writes, what it refuses, and with which exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
BASELINE = "baseline = { svhn = 40.0 }"
DOMAINS = f'domains = ["svhn"]\nrunning = 3\nreached = [7]\n{BASELINE}'
FIGURE_FOR_NOTHING = """

[[problems]]
kind = "figure"
name = "p1"
item = "samples"
script = "hw3_p1.sh"
points = 0
rows = 4
columns = 8
figure = "fig1_4"
"""


def grading(*words, cwd=PROJECT, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "grading", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "200", **environment},
    )


@pytest.fixture
def call(data, tmp_path, sandbox):
    def run(submission, *more, **environment):
        return grading(
            submission,
            "--data",
            data,
            "--scheme",
            HERE / "scheme.toml",
            "--out",
            tmp_path / "my report",
            *more,
            **environment,
        )

    return run


def results(tmp_path) -> dict:
    return json.loads((tmp_path / "my report" / "results.json").read_text())


def without_times(value):
    """results.json without what a clock says."""
    if isinstance(value, dict):
        return {
            key: without_times(each)
            for key, each in value.items()
            if key not in ("seconds", "run_seconds", "execution_time")
        }
    return [without_times(each) for each in value] if isinstance(value, list) else value


def assert_refused(ended, code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.count("\n") == 1 and "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


def test_graded(call, submission, tmp_path):
    ended = call(submission("rm_in_a_substitution"))
    assert ended.returncode == 0 and ended.stderr == ""
    assert "7 of 10 points" in ended.stdout and "hw3_p3.sh:1: rm is forbidden" in ended.stdout
    assert ended.stdout.endswith(f"{tmp_path}/my report/report.html\n")
    written = results(tmp_path)
    assert written["score"] == 7
    item = written["tests"][0]
    assert (item["name"], item["score"], item["max_score"]) == ("accuracy", 7, 10)
    outcomes = {test["name"]: test["extra_data"]["outcome"] for test in written["tests"] if "extra_data" in test}
    assert outcomes["p3: bash"] == "failed" and outcomes["p3 svhn: run"] == "passed"


def test_twice_the_same(call, submission, tmp_path):
    folder = submission("predicts_by_name")
    assert call(folder).returncode == 0
    first = results(tmp_path)
    assert call(folder).returncode == 0
    assert without_times(results(tmp_path)) == without_times(first)


def test_regrade_runs_nothing(call, submission, tmp_path):
    folder = submission("honest")
    call(folder)
    first = results(tmp_path)
    (folder / "hw3_p3.sh").write_text("python3 none.py; exit 1\n")
    ended = call(folder, "--regrade", PATH="/usr/bin/nowhere")  # not even bubblewrap is there
    assert ended.returncode == 0, ended.stderr
    assert results(tmp_path)["score"] == first["score"] == 10


def test_regrade_says_that_the_runs_were_unprotected(call, submission, tmp_path):
    folder = submission("honest")
    call(folder, "--no-sandbox")
    ended = call(folder, "--regrade")
    assert ended.returncode == 0 and "WITHOUT A SANDBOX" in ended.stdout
    assert "WITHOUT A SANDBOX" in results(tmp_path)["output"]


def test_regrade_of_nothing_is_the_graders_error(call, submission):
    ended = call(submission("honest"), "--regrade")
    assert ended.returncode == 4 and "no record of this run" in ended.stderr


def test_report_is_self_contained_and_runs_nothing(call, submission, tmp_path):
    call(submission("crashes"))
    page = (tmp_path / "my report" / "report.html").read_text()
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)


def test_without_bubblewrap_refused(call, submission, tmp_path):
    ended = call(submission("honest"), PATH="/nowhere")
    assert_refused(ended, 3, "bwrap", "apt install bubblewrap")
    assert not (tmp_path / "my report" / "raw").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root of a user namespace that is root outside too")
def test_refused_where_the_kernel_limits_no_processes(data, submission, tmp_path):
    """Otherwise a fork bomb would stop the machine."""
    words = [
        "unshare",
        "--user",
        "--map-root-user",
        sys.executable,
        "-m",
        "grading",
        submission("honest"),
        "--data",
        data,
        "--scheme",
        HERE / "scheme.toml",
        "--out",
        tmp_path / "out",
    ]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=PROJECT)
    assert_refused(ended, 3, "any number of processes")


def test_no_sandbox_says_so_in_red(call, submission, tmp_path):
    ended = call(submission("honest"), "--no-sandbox")
    assert ended.returncode == 0 and results(tmp_path)["score"] == 10
    assert '<p class="note">GRADED WITHOUT A SANDBOX' in (tmp_path / "my report" / "report.html").read_text()
    assert "WITHOUT A SANDBOX" in ended.stdout and "WITHOUT A SANDBOX" in results(tmp_path)["output"]


def test_no_sandbox_still_ends_a_run_and_what_it_left(call, submission, tmp_path):
    scheme = tmp_path / "scheme.toml"
    scheme.write_text((HERE / "scheme.toml").read_text().replace("wall_seconds = 60", "wall_seconds = 2"))
    call(submission("infinite_loop"), "--no-sandbox", "--scheme", scheme)
    outcome = {test["name"]: test.get("extra_data", {}).get("outcome") for test in results(tmp_path)["tests"]}
    assert outcome["p3 svhn: run"] == "timed out"


def test_other_folders_are_not_written_to(call, submission, tmp_path):
    (tmp_path / "my report").mkdir()
    (tmp_path / "my report" / "thesis.txt").write_text("ten years")
    assert_refused(call(submission("honest")), 2, "--out", "holds other things than a report")
    assert os.listdir(tmp_path / "my report") == ["thesis.txt"]


def test_refusals(data, submission, tmp_path):
    folder, scheme, out = submission("honest"), HERE / "scheme.toml", tmp_path / "out"
    assert_refused(grading(tmp_path / "none", "--data", data, "--out", out), 2, "no such submission")
    assert_refused(grading(folder, "--data", tmp_path, "--out", out, "--scheme", scheme), 2, "for svhn", "test.csv")
    assert_refused(grading(folder, "--data", data, "--out", out, "--deadline", "tomorrow"), 2, "--deadline tomorrow")
    assert_refused(grading("class", tmp_path / "none", "--data", data, "--out", out), 2, "no such folder")
    for jobs in ("0", "-1"):
        assert_refused(grading("class", tmp_path, "--data", data, "--out", out, "--jobs", jobs), 2, f"--jobs {jobs}")
    assert not out.exists()


def test_images_and_labels_that_do_not_agree(data, submission, tmp_path):
    """The caller's fault, not 0 points for the submission."""
    other, out = tmp_path / "data", tmp_path / "out"
    words = submission("honest"), "--data", other, "--out", out, "--scheme", HERE / "scheme.toml"
    shutil.copytree(data, other)
    images = other / "digits" / "svhn" / "test"
    (images / "00003.png").rename(images / "other.png")
    assert_refused(
        grading(*words), 2, f"--data {other}", "without an image: 1 (00003.png)", "without a label: 1 (other.png)"
    )
    shutil.rmtree(images)
    assert_refused(grading(*words), 2, f"--data {other}", "for svhn", str(images))
    images.with_suffix(".csv").write_text("label,image_name\n3\n4,00001.png\n")
    images.mkdir()
    assert_refused(grading(*words), 2, f"--data {other}", "without an image's name")
    images.with_suffix(".csv").write_text("image_name,label\n" + 200_000 * "0" + ",3\n")
    assert_refused(grading(*words), 2, f"--data {other}", "for svhn", "field")
    assert not out.exists()


@pytest.mark.parametrize(
    "words, named",
    [
        ((), "PATH"),
        (("class",), "PATH"),
        (("here", "--dedline", "2020-12-01"), "--dedline"),
        (("class", "here", "--jobs", "two"), "--jobs"),
    ],
)
def test_arguments_that_cannot_be_understood(data, tmp_path, words, named):
    """Nothing is taken for the submission that was not named."""
    ended = grading(*words, "--data", data, "--out", tmp_path / "out", "--scheme", HERE / "scheme.toml", cwd=tmp_path)
    assert ended.returncode == 2 and named in ended.stderr and "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "before, after, reason",
    [
        ("wall_seconds = 60", "wall_seconds = 'long'", "wall_seconds"),
        ("running = 3", "runing = 3", "runing"),
        ("reached = [7]", "reached = [3, 7]", "reached"),
        ("svhn = 40.0", "usps = 40.0", "baseline"),
        ("[rules]", "[rules", "scheme.toml"),
        (DOMAINS, "domains = []\nrunning = 3\nreached = []", "[[problems]] number 1, domains: "),
        ("running = 3\nreached = [7]", "running = 0\nreached = [0]", "p3: needs more than 0 points"),
        (BASELINE, BASELINE + FIGURE_FOR_NOTHING, "[[problems]] number 2, points: "),
        ("rule_broken = 0.3", "rule_broken = 3", "[penalties] rule_broken: "),
        ("= 60", "= 0", "[limits] wall_seconds: "),
        ("svhn = 40.0", "svhn = 400", "[[problems]] number 1, baseline[...]: "),
        ("hw3_p3.sh", "../hw3_p3.sh", "p3: script: "),
        ("hw3_p3.sh", "/bin/true", "p3: script: "),
        ('"PIL"', '"PLI"', "[rules] packages: 'PLI' is no package"),
        ('name = "p3"', 'name = "../p3"', "[[problems]] number 1, name: "),
        ("running = 3", "running = -1", "running: "),
        ("[limits]", "starter_files = 'none'\n[limits]", "starter_files: 'none' is no folder"),
    ],
)
def test_schemes_that_make_no_sense(data, submission, tmp_path, before, after, reason):
    scheme = tmp_path / "scheme.toml"
    scheme.write_text((HERE / "scheme.toml").read_text().replace(before, after))
    assert_refused(
        grading(submission("honest"), "--data", data, "--out", tmp_path / "out", "--scheme", scheme), 2, reason
    )
