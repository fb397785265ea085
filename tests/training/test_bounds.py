"""The bounds of adaptation are what they are called: the lower one never opens the target, the upper one is
measured as the test is."""

import csv
import dataclasses
import json

import pytest
import torch
from PIL import Image

from tests.training import watched
from tests.training.commands import command
from training.augment.digits import to_float
from training.data.labelled_domain import load_source
from training.drawing import bounds
from training.methods.dann import DannSettings, PlainDann
from training.methods.digits import accuracy
from training.methods.target_only import TargetOnly, TargetOnlySettings
from training.scores.digits import Result
from training.synthetic.digits import demo_arrays

CPU = torch.device("cpu")
SMALL = dict(channels=(4, 8, 12, 24, 48), device="cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A few generated digits of USPS with labels, and of MNIST-M without."""
    root = tmp_path_factory.mktemp("course")
    for domain in ("usps", "mnistm"):
        folder = root / "digits" / domain / "train"
        folder.mkdir(parents=True)
        images, labels = demo_arrays(domain, 40, seed=0)
        for number, image in enumerate(images):
            Image.fromarray(image).save(folder / f"{number:05d}.png")
        if domain == "usps":
            rows = ((f"{number:05d}.png", label) for number, label in enumerate(labels))
            with open(folder.with_suffix(".csv"), "w", newline="") as file:
                csv.writer(file).writerows([("image_name", "label"), *rows])
    return root


@pytest.mark.parametrize("row, opened", [("source_only_usps_mnistm", False), ("dann_plain_usps_mnistm", True)])
def test_source_only_opens_nothing_of_the_target(data, tmp_path, row, opened):
    """DANN, which must open it, shows that the watch sees."""
    short = ("--epochs", "1", "--steps-per-epoch", "3", "--batch", "4", "--data", data, "--out", tmp_path / "run")
    files = watched.opened("mnistm", "training", row, *short)
    assert (tmp_path / "run" / "done").exists()
    assert bool(files) == opened


@pytest.mark.parametrize("augmentation, differs", [("plain", False), ("towards", True)])
def test_plain_augmentation_is_the_same_for_every_target(augmentation, differs):
    digits = torch.from_numpy(demo_arrays("svhn", 8, seed=1)[0]).permute(0, 3, 1, 2)
    photos = torch.rand(8, 3, 28, 28)
    seen = []
    for target in ("usps", "mnistm"):
        method = PlainDann(DannSettings(source="svhn", target=target, augmentation=augmentation, **SMALL), CPU)
        method.seed(0)
        seen.append(method.augmented_source(digits, photos))
    assert torch.equal(*seen) != differs


def test_target_only_validates_on_images_as_they_are(data):
    settings = TargetOnlySettings(
        source="usps", target="usps", data=data, epochs=1, steps_per_epoch=6, batch=16, **SMALL
    )
    domain = load_source(settings, CPU)
    torch.manual_seed(0)
    method = TargetOnly(settings, CPU)
    method.seed(0)
    for batch in domain.batches(settings, seed=0):
        method.update(*batch)
    method.end_epoch(domain)
    as_they_are = accuracy(method.kept, to_float(domain.validation.images), domain.validation.labels)
    assert method.validate(domain) == {"validation_accuracy": as_they_are}


def test_bounds_are_tabled_and_drawn(tmp_path):
    rows = [("source_only", 0, 30.0), ("dann_plain", 0, 50.0), ("dann_plain", 1, 52.0), ("source_augmented", 0, 80.0)]
    results = (Result(method, "svhn", "usps", seed, 1, 1, 50.0, test, [test] * 10) for method, seed, test in rows)
    scores, picture = tmp_path / "scores.json", tmp_path / "bounds.png"
    scores.write_text(json.dumps([dataclasses.asdict(result) for result in results]))
    result = command("training.drawing.bounds", "--scores", scores, "--out", picture)
    assert result.returncode == 0, result.stderr
    assert "| SVHN → USPS | 30.0 | 51.0 (50.0, 52.0) | +21.0 | 80.0 | not scored |  |" in result.stdout
    assert Image.open(picture).size[0] > 500


@pytest.mark.parametrize(
    "text, reason", [("[]", "hold no run of source only"), ("no JSON", "does not hold scores"), (None, "No such file")]
)
def test_scores_that_hold_no_bound_are_refused(tmp_path, capsys, text, reason):
    if text is not None:
        (tmp_path / "scores.json").write_text(text)
    with pytest.raises(SystemExit) as exit_code:
        bounds.main(tmp_path / "scores.json", tmp_path / "bounds.png")
    message = capsys.readouterr().err
    assert exit_code.value.code == 2 and reason in message and message.count("\n") == 1
    assert not (tmp_path / "bounds.png").exists()
