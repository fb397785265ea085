"""Training through its command line and its loop, on generated digits; learning itself is not tested here."""

import csv
import dataclasses

import pytest
import torch
from PIL import Image

from tests.training import watched
from tests.training.killed_runs import killed_in_second_epoch
from training.data.domain_pair import load_domains
from training.data.labelled_domain import VALIDATION_SHARE, load_source
from training.errors import DataError, RunError
from training.loop import train
from training.methods.dann import Dann, DannSettings
from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings
from training.methods.source_only import SourceOnly
from training.run_folder import read_metrics
from training.settings import DigitSettings
from training.synthetic.digits import demo_arrays
from training.systems import SYSTEMS
from training.systems.digits import adaptation

CPU = torch.device("cpu")
IMAGES = 60
SHORT = dict(epochs=2, steps_per_epoch=3, batch=8, channels=(4, 8, 12, 24, 48), device="cpu", bf16=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The course layout with a few generated digits. The sources, usps and mnistm, have training labels, svhn none."""
    root = tmp_path_factory.mktemp("hw3_data")
    for seed, (domain, split) in enumerate(
        [("usps", "train"), ("mnistm", "train"), ("svhn", "train"), ("svhn", "test")]
    ):
        folder = root / "digits" / domain / split
        folder.mkdir(parents=True)
        images, labels = demo_arrays(domain, IMAGES, seed=seed)
        for number, image in enumerate(images):
            Image.fromarray(image).save(folder / f"{number:05d}.png")
        if (domain, split) != ("svhn", "train"):
            with open(folder.with_suffix(".csv"), "w", newline="") as file:
                csv.writer(file).writerows(
                    [("image_name", "label"), *((f"{row:05d}.png", label) for row, label in enumerate(labels))]
                )
    return root


# Rows of a scenario whose source alone has training labels in `data`.
TESTED = {
    row.name: row
    for row in (
        adaptation(SourceOnly, DigitSettings(source="usps", target="svhn"), 0),
        adaptation(Dann, DannSettings(source="usps", target="svhn"), 0),
        adaptation(MeanTeacher, MeanTeacherSettings(source="usps", target="svhn"), 0),
    )
}


def short(row, data, out, **changes):
    """A row's settings, small enough for a test."""
    return dataclasses.replace(TESTED[row].settings, data=data, out=out, **SHORT | changes)


@pytest.mark.parametrize(
    "row, losses",
    [("dann_svhn_usps", {"label_loss", "domain_loss"}), ("mean_teacher_svhn_usps", {"label_loss", "target_loss"})],
)
def test_bf16_trains_every_phase(tmp_path, row, losses):
    """Where the hardware has no bf16 it is emulated, so this runs anywhere."""
    for bf16 in (True, False):
        train(
            SYSTEMS[row],
            dataclasses.replace(SYSTEMS[row].settings, out=tmp_path / str(bf16), smoke=True, bf16=bf16, device="cpu"),
        )
    brief, whole = (
        {**first, **second} for first, second in (read_metrics(tmp_path / str(bf16)) for bf16 in (True, False))
    )
    assert losses == {name for name in whole if name.endswith("_loss")} and losses <= brief.keys()
    assert all(brief[name] == pytest.approx(whole[name], rel=0.2) and brief[name] != whole[name] for name in losses)


def test_validation_distorts_alike_whatever_came_before(data, tmp_path):
    settings = short("source_only_usps_svhn", data, tmp_path)
    domains = load_source(settings, CPU)
    torch.manual_seed(0)
    method = SourceOnly(settings, CPU)
    results = []
    for seed in (1, 2):
        method.seed(seed)
        method.end_epoch(domains)
        results.append(method.validate(domains))
    assert results[0] == results[1]


def state_of(run):
    return torch.load(run / "best.pth", weights_only=True)["state"] | {
        f"last {name}": value
        for name, value in torch.load(run / "state.pth", weights_only=True)["method"]["modules"].items()
    }


def without_speed(metrics):
    return [{name: value for name, value in epoch.items() if name != "images_per_second"} for epoch in metrics]


@pytest.mark.parametrize("row", ["dann_usps_svhn", "mean_teacher_usps_svhn"])
def test_a_killed_run_resumes_to_the_same_result(data, tmp_path, row):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = short(row, data, whole)
    train(TESTED[row], settings)
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(TESTED[row]), dataclasses.replace(settings, out=killed))
    assert len(read_metrics(killed)) == 1 and not (killed / "done").exists()
    train(TESTED[row], dataclasses.replace(settings, out=killed, resume=True))
    assert without_speed(read_metrics(killed)) == without_speed(read_metrics(whole))
    expected, resumed = state_of(whole), state_of(killed)
    assert expected.keys() == resumed.keys()
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


def test_seeds_differ_and_repeat(data, tmp_path):
    runs = [short("dann_usps_svhn", data, tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    for run in runs:
        train(TESTED["dann_usps_svhn"], run)
    first, again, other = (without_speed(read_metrics(run.out)) for run in runs)
    assert first == again != other


def test_an_existing_run_is_never_overwritten(data, tmp_path):
    system, settings = TESTED["source_only_usps_svhn"], short("source_only_usps_svhn", data, tmp_path / "run")
    train(system, settings)
    before = (settings.out / "best.pth").read_bytes()
    with pytest.raises(RunError, match="--resume"):
        train(system, settings)
    with pytest.raises(RunError, match="--seed 0, not 1"):
        train(system, dataclasses.replace(settings, seed=1, resume=True))
    train(system, dataclasses.replace(settings, resume=True))  # done: nothing left to do
    assert (settings.out / "best.pth").read_bytes() == before


def test_another_rows_run_is_not_resumed_and_keeps_its_settings(data, tmp_path):
    settings = short("dann_usps_svhn", data, tmp_path / "run")
    train(TESTED["dann_usps_svhn"], settings)
    before = (settings.out / "settings.json").read_bytes()
    with pytest.raises(RunError, match="a run of dann_usps_svhn, not of source_only_usps_svhn"):
        train(TESTED["source_only_usps_svhn"], short("source_only_usps_svhn", data, settings.out, resume=True))
    assert (settings.out / "settings.json").read_bytes() == before


def test_a_call_with_wrong_data_leaves_the_folder_free_for_the_right_one(data, tmp_path):
    settings = short("source_only_usps_svhn", data, tmp_path / "run")
    with pytest.raises(DataError):
        train(TESTED["source_only_usps_svhn"], dataclasses.replace(settings, data=tmp_path / "misspelt"))
    train(TESTED["source_only_usps_svhn"], settings)
    assert (settings.out / "done").exists()


@pytest.mark.parametrize("method", ["dann", "mean_teacher"])
def test_training_opens_the_source_labels_and_no_others(data, tmp_path, method):
    """The target's CSVs are absent here, which is the normal case; a test CSV that is there stays shut."""
    short = ("--epochs", "2", "--steps-per-epoch", "2", "--batch", "4", "--data", data, "--out", tmp_path / "run")
    opened = watched.opened(".csv", "training", f"{method}_mnistm_svhn", *short)
    assert f"{'domain' if method == 'dann' else 'target'}_loss" in read_metrics(tmp_path / "run")[-1]
    assert opened == [str(data / "digits/mnistm/train.csv")]


def test_batches_balance_the_source_classes(data, tmp_path):
    settings = short("dann_usps_svhn", data, tmp_path, steps_per_epoch=400, batch=16)
    data = load_domains(settings, CPU)
    assert len(data.validation.labels) == int(VALIDATION_SHARE * IMAGES)
    labels = torch.cat([labels for _, labels, _ in data.batches(settings, seed=0)])
    shares = torch.bincount(labels, minlength=10) / len(labels)
    present = torch.bincount(data.source.labels, minlength=10) > 0
    assert torch.allclose(shares[present], torch.full((present.sum(),), 1 / present.sum()), atol=0.02)


@pytest.mark.parametrize("reversal, target_matters", [(0.0, False), (1.0, True)])
def test_target_images_reach_the_features_through_the_reversed_gradient_alone(data, tmp_path, reversal, target_matters):
    """If the reversal were never called, the classifier would learn the same whatever the target shows."""
    settings = short(
        "dann_usps_svhn", data, tmp_path, reversal=reversal
    )  # usps → svhn composes nothing over target photos
    data = load_domains(settings, CPU)

    def trained(target_images):
        torch.manual_seed(0)
        method = Dann(settings, CPU)
        method.seed(0)
        for _ in range(2):  # the schedule begins at strength 0
            torch.manual_seed(1)
            method.update(data.source.images[:8], data.source.labels[:8], target_images)
            method.step += 1
        return method.network.feature_extractor[1][0].weight

    assert torch.equal(trained(data.target[:8]), trained(data.target[8:16])) != target_matters
