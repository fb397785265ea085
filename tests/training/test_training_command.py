"""python3 -m training: every row end to end, what it refuses, and what it opens."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inference.networks import build_network, read_checkpoint
from tests.training.commands import command
from tests.training.killed_runs import killed_in_second_epoch
from training.__main__ import main
from training.errors import exit_in_one_line
from training.run_folder import RunFolder, read_metrics_by_step
from training.systems import SYSTEMS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("row", SYSTEMS)
def test_smoke_runs_every_row_end_to_end(tmp_path, row, capsys):
    """At full size, on generated images."""
    main([row, "--smoke", "--device", "cpu", "--out", str(tmp_path / "run")])
    run = RunFolder(tmp_path / "run")
    assert run.done and capsys.readouterr().out.count("epoch ") == 2
    assert [epoch["step"] for epoch in read_metrics_by_step(run.path)] == [3, 6]
    assert Image.open(run.path / "curves.png").size[0] > 500
    stored = run.load_best()
    assert stored["system"] == json.loads((run.path / "settings.json").read_text())["system"] == row
    assert build_network(read_checkpoint(run.best.read_bytes())).arguments == stored["arguments"]
    assert run.best.stat().st_size < 30e6


def test_the_command_line_trains_resumes_and_lists(tmp_path):
    call = ("training", "dann_svhn_usps", "--smoke", "--seed", 3, "--out", tmp_path / "run")
    first = subprocess.run([sys.executable, "-m", *map(str, call)], cwd=ROOT, capture_output=True, text=True)
    again, resumed = command(*call), command(*call, "--resume")
    assert first.returncode == 0 and first.stdout.count("epoch ") == 2, first.stderr
    assert again.returncode == 2 and again.stderr.count("\n") == 1 and "--resume" in again.stderr
    assert resumed.returncode == 0 and "done already" in resumed.stdout
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["seed"] == 3
    listed = command("training", "list").stdout
    assert all(re.search(rf"^ *{row} ", listed, re.MULTILINE) for row in SYSTEMS)


def test_no_command_waits_for_torchvision_that_does_without():
    """With it comes PyTorch's compiler: two seconds of processor time a start."""
    call = [sys.executable, "-X", "importtime", "-m", "training", "list"]
    imported = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    assert "training.methods.simclr" in imported
    assert not re.search(r"\b(torchvision|torch\._dynamo)$", imported, re.MULTILINE)


def test_a_smoke_run_is_no_real_one(tmp_path, monkeypatch):
    """A scorer given runs/* would take it for a result."""
    monkeypatch.chdir(tmp_path)
    command("training", "linear_autoencoder", "--smoke")
    assert (tmp_path / "runs" / "smoke" / "linear_autoencoder" / "done").exists()
    assert not (tmp_path / "runs" / "linear_autoencoder").exists()


def test_only_a_training_says_how_it_goes_on_after_ctrl_c(tmp_path, monkeypatch, capsys):
    row = "linear_autoencoder"
    monkeypatch.setitem(SYSTEMS, row, killed_in_second_epoch(SYSTEMS[row]))
    with pytest.raises(SystemExit) as training:
        main([row, "--smoke", "--device", "cpu", "--out", str(tmp_path / "run")])
    assert capsys.readouterr().err == f"{row}: interrupted; --resume goes on from the last epoch\n"
    with pytest.raises(SystemExit) as release, exit_in_one_line("release"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "release: interrupted\n"
    assert training.value.code == release.value.code == 130


def test_a_misspelt_row_is_one_line_with_what_was_meant():
    result = command("training", "dan_usps_mnistm", "--smoke")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "give dann_usps_mnistm" in result.stderr


def test_a_rows_scenario_cannot_be_overridden(tmp_path):
    """A run under the name of a row must be that row's."""
    with pytest.raises(SystemExit) as exit_code:
        main(["dann_usps_mnistm", "--target", "svhn", "--out", str(tmp_path / "run")])
    assert exit_code.value.code == 2 and not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--smoke", "--out", "/dev/null/run"], "Not a directory"),
        (
            ["--smoke", "--out", "run", "--target-from", "0.5", "--source-until", "0.4"],
            "--target-from 0.5 lies after --source-until 0.4",
        ),
    ],
)
def test_calls_that_cannot_work_end_in_one_line(tmp_path, arguments, reason):
    arguments = [str(tmp_path / "run") if argument == "run" else argument for argument in arguments]
    result = command("training", "mean_teacher_svhn_usps", *arguments)
    assert result.returncode == 2 and reason in result.stderr and result.stderr.count("\n") == 1


def test_a_bad_source_label_stops_training_in_one_line(tmp_path):
    folder = tmp_path / "digits" / "usps" / "train"
    folder.mkdir(parents=True)
    for number in range(2):
        Image.new("L", (28, 28)).save(folder / f"{number:05d}.png")
    folder.with_suffix(".csv").write_text("image_name,label\n00000.png,1\n00001.png,x\n")
    result = command("training", "dann_usps_mnistm", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "row 3" in result.stderr and "00001.png" in result.stderr
