"""python3 -m grading: what it writes, what it refuses, and with which exit code."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.grading.commands import HERE, PROJECT, assert_refused, grading


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
    """It scores the runs of this version: what an earlier one left is gone."""
    folder, earlier = submission("honest"), tmp_path / "my report" / "raw" / "p3 svhn fetch" / "run.json"
    earlier.parent.mkdir(parents=True)
    for path in (earlier, tmp_path / "my report" / "results.json"):
        path.write_text("an earlier version's")
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
