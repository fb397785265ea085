"""Training through its command line and its loop, on generated digits; learning itself is not tested here."""

import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from inference.networks import build_network, read_checkpoint
from tests.training.killed_runs import killed_in_second_epoch
from training.methods.dann import Dann, DannSettings
from training.synthetic.digits import demo_arrays
from training.data.digits import DataError
from training.data.digit_task import VALIDATION_SHARE, batches, load, validate
from training.loop import train
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.run_folder import RunError, read_metrics, read_metrics_by_step
from training.settings import Settings
from training.methods.source_only import SourceOnly

ROOT = Path(__file__).resolve().parents[2]
IMAGES = 60
SHORT = dict(epochs=2, steps_per_epoch=3, batch=8, channels=(4, 8, 12, 24, 48), device="cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The course layout with a few generated digits; only the source, usps, has training labels."""
    root = tmp_path_factory.mktemp("hw3_data")
    for seed, (domain, split) in enumerate([("usps", "train"), ("svhn", "train"), ("svhn", "test")]):
        folder = root / "digits" / domain / split
        folder.mkdir(parents=True)
        images, labels = demo_arrays(domain, IMAGES, seed=seed)
        for number, image in enumerate(images):
            Image.fromarray(image).save(folder / f"{number:05d}.png")
        if (domain, split) != ("svhn", "train"):
            with open(folder.with_suffix(".csv"), "w", newline="") as file:
                csv.writer(file).writerows([("image_name", "label"), *((f"{row:05d}.png", label) for row, label in enumerate(labels))])
    return root


@pytest.fixture
def settings(data, tmp_path):
    return DannSettings(source="usps", target="svhn", data=data, out=tmp_path / "run", **SHORT)


def command(*arguments):
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"COLUMNS": "200"})


@pytest.mark.parametrize("method, domains", [
    ("source_only", ["--source", "svhn", "--target", "usps"]),
    ("dann", ["--source", "usps", "--target", "mnistm"]),
    ("mean_teacher", ["--source", "mnistm", "--target", "svhn"]),
    ("target_only", ["--target", "svhn"]),
])
def test_smoke_runs_every_method_end_to_end(tmp_path, method, domains):
    result = command(f"training.methods.{method}", *domains, "--out", tmp_path / "run", "--smoke")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "run" / "done").exists()
    assert result.stdout.count("epoch ") == 2
    assert [epoch["step"] for epoch in read_metrics_by_step(tmp_path / "run")] == [3, 6]
    assert Image.open(tmp_path / "run" / "curves.png").size[0] > 500
    best = (tmp_path / "run" / "best.pth").read_bytes()
    assert build_network(read_checkpoint(best))(torch.rand(2, 3, 28, 28)).shape == (2, 10)
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["target"] == domains[-1]


METHODS = {"dann": (Dann, DannSettings, {"label_loss", "domain_loss"}),
           "mean_teacher": (MeanTeacher, MeanTeacherSettings, {"label_loss", "target_loss"})}


@pytest.mark.parametrize("method", METHODS)
def test_bf16_trains_every_phase(tmp_path, method):
    """Where the hardware has no bf16 it is emulated, so this runs anywhere."""
    result = command(f"training.methods.{method}", "--source", "svhn", "--target", "usps", "--out", tmp_path / "run", "--smoke", "--bf16")
    assert result.returncode == 0, result.stderr
    train(METHODS[method][0], METHODS[method][1](source="svhn", target="usps", out=tmp_path / "fp32", smoke=True, device="cpu"))
    short, whole = ({**first, **second} for first, second in (read_metrics(tmp_path / run) for run in ("run", "fp32")))
    losses = {name for name in whole if name.endswith("_loss")}
    assert losses == METHODS[method][2] and losses <= short.keys()
    assert all(short[name] == pytest.approx(whole[name], rel=0.2) and short[name] != whole[name] for name in losses)


def test_validation_distorts_alike_whatever_came_before(settings):
    data = load(settings, torch.device("cpu"))
    torch.manual_seed(0)
    method = SourceOnly(settings, torch.device("cpu"))
    results = []
    for seed in (1, 2):
        method.seed(seed)
        results.append(validate(method, data))
    assert results[0] == results[1]


def state_of(run):
    return torch.load(run / "best.pth", weights_only=True)["state"] | {
        f"last {name}": value for name, value in torch.load(run / "state.pth", weights_only=True)["method"]["modules"].items()}


def without_speed(metrics):
    return [{name: value for name, value in epoch.items() if name != "images_per_second"} for epoch in metrics]


@pytest.mark.parametrize("method_class, settings_class", [(Dann, DannSettings), (MeanTeacher, MeanTeacherSettings)])
def test_a_killed_run_resumes_to_the_same_result(data, tmp_path, method_class, settings_class):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = settings_class(source="usps", target="svhn", data=data, out=whole, **SHORT)
    train(method_class, settings)
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(method_class), dataclasses.replace(settings, out=killed))
    assert len(read_metrics(killed)) == 1 and not (killed / "done").exists()
    train(method_class, dataclasses.replace(settings, out=killed, resume=True))
    assert without_speed(read_metrics(killed)) == without_speed(read_metrics(whole))
    expected, resumed = state_of(whole), state_of(killed)
    assert expected.keys() == resumed.keys()
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


def test_seeds_differ_and_repeat(settings, tmp_path):
    runs = [dataclasses.replace(settings, out=tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    for run in runs:
        train(Dann, run)
    first, again, other = (without_speed(read_metrics(run.out)) for run in runs)
    assert first == again != other


def test_an_existing_run_is_never_overwritten(settings):
    train(SourceOnly, settings)
    before = (settings.out / "best.pth").read_bytes()
    with pytest.raises(RunError, match="--resume"):
        train(SourceOnly, settings)
    with pytest.raises(RunError, match="--seed 0, not 1"):
        train(SourceOnly, dataclasses.replace(settings, seed=1, resume=True))
    train(SourceOnly, dataclasses.replace(settings, resume=True))  # done: nothing left to do
    assert (settings.out / "best.pth").read_bytes() == before


def test_another_methods_run_is_not_resumed_and_keeps_its_settings(settings):
    train(Dann, settings)
    before = (settings.out / "settings.json").read_bytes()
    shared = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Settings)}
    with pytest.raises(RunError, match="a run of dann, not of source_only"):
        train(SourceOnly, Settings(**shared | {"resume": True}))
    assert (settings.out / "settings.json").read_bytes() == before


def test_a_call_with_wrong_data_leaves_the_folder_free_for_the_right_one(settings, tmp_path):
    with pytest.raises(DataError):
        train(SourceOnly, dataclasses.replace(settings, data=tmp_path / "misspelt"))
    train(SourceOnly, settings)
    assert (settings.out / "done").exists()


@pytest.mark.parametrize("arguments, reason", [
    (["--smoke", "--out", "/dev/null/run"], "Not a directory"),
    (["--smoke", "--out", "run", "--target-from", "0.5", "--source-until", "0.4"], "--target-from 0.5 lies after --source-until 0.4"),
])
def test_calls_that_cannot_work_end_in_one_line(tmp_path, arguments, reason):
    arguments = [str(tmp_path / "run") if argument == "run" else argument for argument in arguments]
    result = command("training.methods.mean_teacher", "--source", "svhn", "--target", "usps", *arguments)
    assert result.returncode == 2 and reason in result.stderr and result.stderr.count("\n") == 1


WATCHED = """
import runpy, sys
sys.addaudithook(lambda event, arguments: event == "open" and str(arguments[0]).endswith(".csv") and print("opened", arguments[0]))
sys.argv[0] = sys.argv[1]; del sys.argv[1]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("method", ["dann", "mean_teacher"])
def test_training_opens_the_source_labels_and_no_others(settings, tmp_path, method):
    """The target's CSVs are absent here, which is the normal case; a test CSV that is there stays shut."""
    result = subprocess.run([sys.executable, "-c", WATCHED, f"training.methods.{method}", "--source", "usps", "--target", "svhn", "--data", str(settings.data),
                             "--out", str(tmp_path / "run"), "--epochs", "2", "--steps-per-epoch", "2", "--batch", "4"],
                            cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert f"{'domain' if method == 'dann' else 'target'}_loss" in read_metrics(tmp_path / "run")[-1]
    opened = [line.removeprefix("opened ") for line in result.stdout.splitlines() if line.startswith("opened ")]
    assert opened == [str(settings.data / "digits/usps/train.csv")]


def test_a_bad_source_label_stops_training_in_one_line(settings, tmp_path):
    folder = tmp_path / "digits" / "usps" / "train"
    folder.mkdir(parents=True)
    for number in range(2):
        Image.new("L", (28, 28)).save(folder / f"{number:05d}.png")
    folder.with_suffix(".csv").write_text("image_name,label\n00000.png,1\n00001.png,x\n")
    result = command("training.methods.dann", "--source", "usps", "--target", "svhn", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "row 3" in result.stderr and "00001.png" in result.stderr


def test_batches_balance_the_source_classes(settings):
    data = load(settings, torch.device("cpu"))
    assert len(data.validation.labels) == int(VALIDATION_SHARE * IMAGES)
    long = dataclasses.replace(settings, steps_per_epoch=400, batch=16)
    labels = torch.cat([labels for _, labels, _ in batches(data, long, seed=0)])
    shares = torch.bincount(labels, minlength=10) / len(labels)
    present = torch.bincount(data.source.labels, minlength=10) > 0
    assert torch.allclose(shares[present], torch.full((present.sum(),), 1 / present.sum()), atol=0.02)


@pytest.mark.parametrize("reversal, target_matters", [(0.0, False), (1.0, True)])
def test_target_images_reach_the_features_through_the_reversed_gradient_alone(settings, reversal, target_matters):
    """If the reversal were never called, the classifier would learn the same whatever the target shows."""
    settings = dataclasses.replace(settings, reversal=reversal)  # usps → svhn composes nothing over target photos
    data = load(settings, torch.device("cpu"))

    def trained(target_images):
        torch.manual_seed(0)
        method = Dann(settings, torch.device("cpu"))
        method.seed(0)
        for _ in range(2):  # the schedule begins at strength 0
            torch.manual_seed(1)
            method.update(data.source.images[:8], data.source.labels[:8], target_images)
        return method.network.feature_extractor[1][0].weight

    assert torch.equal(trained(data.target[:8]), trained(data.target[8:16])) != target_matters
