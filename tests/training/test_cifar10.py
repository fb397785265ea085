"""CIFAR-10: both layouts, what is refused, the network's size, augmentation, calibration, scores and figures."""

import hashlib
import json
import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.datasets import CIFAR10

from models.small_resnet import SmallResNet
from tests.training.commands import command
from tests.training.photo_data import short_run, write_batch, write_folders
from training.augment.photos import augmented, cut_out, shifted
from training.data.cifar10 import read_cifar10
from training.errors import DataError
from training.measures.calibration import best_temperature, calibration_error, reliability
from training.synthetic.photos import demo_photos


@pytest.fixture
def data(tmp_path):
    return write_folders(tmp_path / "data")


def test_folders_are_read_in_the_official_order_of_classes(data):
    photos = read_cifar10(data, "test")
    images, labels = demo_photos(40, 32, seed=1)
    order = np.argsort(labels, kind="stable")
    assert photos.labels.tolist() == labels[order].tolist()
    assert np.array_equal(photos.images.permute(0, 2, 3, 1).numpy(), images[order])


def test_greys_and_other_sizes_become_32x32_in_colour(data):
    Image.new("L", (50, 40), 77).save(data / "cifar10" / "train" / "airplane" / "0000.png")
    assert (read_cifar10(data, "train").images[0] == 77).all()


def test_torchvisions_files(tmp_path, monkeypatch):
    """Their MD5 sums are pinned in torchvision, so those of the made files take the place of the real ones'."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    images, labels = demo_photos(20, 32)
    write_batch(folder / "data_batch_1", images, labels)
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": []}))
    sums = {file.name: hashlib.md5(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(CIFAR10, "test_list", [])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": sums["batches.meta"]})
    photos = read_cifar10(tmp_path, "train")
    assert photos.labels.tolist() == labels.tolist()
    assert np.array_equal(photos.images.permute(0, 2, 3, 1).numpy(), images)


def test_torchvisions_files_incomplete(tmp_path):
    (tmp_path / CIFAR10.base_folder).mkdir()
    with pytest.raises(DataError, match="incomplete or damaged"):
        read_cifar10(tmp_path, "train")


def remove_class(folder):
    (folder / "frog").rename(folder.parent / "frog")


def empty_class(folder):
    for image in (folder / "frog").iterdir():
        image.unlink()


def break_image(folder):
    (folder / "frog" / "9999.png").write_bytes(b"no image")


def add_class(folder):
    (folder / "toad").mkdir()


@pytest.mark.parametrize(
    "spoil, named",
    [(remove_class, "frog"), (empty_class, "frog"), (break_image, "frog/9999.png"), (add_class, "toad")],
)
def test_what_is_wrong_with_a_class_is_named_in_one_line(data, tmp_path, spoil, named):
    spoil(data / "cifar10" / "train")
    result = command("training", "cifar10", "--data", data, "--out", tmp_path / "run")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and named in result.stderr
    assert not (tmp_path / "run" / "best.pth").exists()


def test_the_network_is_below_the_limit_and_has_what_the_assignment_asks():
    for stride in (1, 3):
        network = SmallResNet(stride=stride)
        assert sum(parameter.numel() for parameter in network.parameters()) < 500_000
        kinds = {type(module) for module in network.modules()}
        assert {nn.Conv2d, nn.BatchNorm2d, nn.Dropout, nn.ReLU, nn.Linear} <= kinds


def test_an_image_and_its_mirror_image_have_one_answer():
    network, images = SmallResNet(channels=(4, 8, 8)).eval(), torch.rand(3, 3, 32, 32) * 2 - 1
    assert torch.allclose(network(images), network(images.flip(3)), atol=1e-6)


def test_augmentation_moves_whole_pixels_and_cuts_a_square():
    random = torch.Generator().manual_seed(0)
    ramp = torch.arange(32.0).expand(200, 3, 32, 32).contiguous()
    first = shifted(ramp, random)[:, 0, 16, 16]
    assert first.min() == 12 and first.max() == 20 and (first == first.round()).all()
    holes = (cut_out(torch.ones(500, 3, 32, 32), random) == 0).flatten(1).float().mean(1)
    assert holes.max() == pytest.approx((10 / 32) ** 2) and 0.02 < holes.min() < holes.max()
    distorted = augmented(torch.from_numpy(demo_photos(8, 32)[0]).permute(0, 3, 1, 2), random)
    assert distorted.shape == (8, 3, 32, 32) and distorted.abs().max() <= 1


def test_temperature_and_calibration_of_known_logits():
    """Labels drawn from the softmax of logits: doubled logits are twice as sure as they should be."""
    torch.manual_seed(0)
    logits = 2 * torch.randn(20_000, 10)
    labels = torch.distributions.Categorical(logits=logits).sample()
    assert best_temperature(2 * logits, labels) == pytest.approx(2, rel=0.05)
    assert calibration_error(logits, labels) < 0.02 < 0.1 < calibration_error(2 * logits, labels)
    confidences, accuracies, counts = reliability(logits, labels)
    assert counts.sum() == 20_000
    error = (abs(confidences - accuracies) * counts).sum() / 20_000
    assert error == pytest.approx(calibration_error(logits, labels), abs=1e-4)


def test_scores_and_figures_of_a_run(data, tmp_path):
    """The curve of test accuracies ends at the run's last epoch, whose weights the run kept."""
    run = short_run("cifar10", data, tmp_path / "run")
    assert len(list((run / "epochs").iterdir())) == 2
    scores, table, out = tmp_path / "scores.json", tmp_path / "results.md", tmp_path / "figures"
    result = command("training.scores.photos", run, "--data", data, "--scores", scores, "--table", table)
    assert result.returncode == 0, result.stderr
    (stored,) = json.loads(scores.read_text())
    assert (stored["system"], stored["data"], stored["parameters"]) == ("cifar10", "CIFAR-10", 464_170)
    assert [epoch for epoch, _ in stored["history"]] == [1, 2] and stored["history"][stored["epoch"] - 1][1] == stored[
        "test"
    ]
    assert "| CIFAR-10 | small ResNet | 0 | 464,170 | 38 |" in table.read_text()
    drawn = command("training.drawing.photos", run, "--data", data, "--scores", scores, "--out", out)
    assert drawn.returncode == 0, drawn.stderr
    kinds = ("confusion", "history", "mistakes", "reliability")
    assert sorted(file.name for file in out.iterdir()) == [f"{kind}_run.png" for kind in kinds]
    refused = command("training.drawing.photos", run, "--data", data, "--scores", tmp_path / "no.json", "--out", out)
    assert refused.returncode == 2 and "no scores" in refused.stderr
