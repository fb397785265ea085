"""Photographs through `python3 -m inference`, with random weights and the rows that released ones get."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.networks import build_network
from models.encoder_classifier import EncoderClassifier
from models.photo_autoencoder import PhotoAutoencoder
from models.small_resnet import SmallResNet
from tests.inference.submission import CPU_SETTINGS, assert_done, by_name, lines
from tests.random_faces import set_statistics

PREDICTED = 'PREDICT["{0}"] = Predict("{0}.pth", "a test", Images({1}, low=-1))'
ROWS = {name: PREDICTED.format(name, 96) for name in ("stl10_supervised", "stl10_resnet18", "stl10_autoencoder")} | {
    "cifar10": PREDICTED.format("cifar10", 32),
    "stl10_reconstruction": 'TRANSFORM["stl10_reconstruction"] = '
    'Transform("stl10_reconstruction.pth", "a test", Images(96, low=-1), low=-1)',
}
NETWORKS = {
    "cifar10": lambda: SmallResNet(),
    "stl10_supervised": lambda: SmallResNet(stride=3),
    "stl10_resnet18": lambda: EncoderClassifier("resnet18", {}),
    "stl10_autoencoder": lambda: EncoderClassifier("autoencoder", {}),
    "stl10_reconstruction": lambda: PhotoAutoencoder(),
}
SIZES = {"cifar10": 32}


@pytest.fixture
def add(clone):
    """Pins a network's random weights and adds its row; returns the network as it is loaded."""

    def add(name: str, sample: torch.Tensor):
        torch.manual_seed(0)
        network = NETWORKS[name]()
        set_statistics(network, network, sample)
        checkpoint = dict(network=type(network).__name__, arguments=network.arguments, state=network.state_dict())
        weights = clone / "weights" / f"{name}.pth"
        torch.save(checkpoint | dict(system=name, method="new", seed=3), weights)
        with open(clone / "checkpoints.txt", "a") as pins:
            pins.write(f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  weights/{name}.pth\n")
        with open(clone / "inference" / "models.py", "a") as text:
            text.write(f"\n{ROWS[name]}\n")
        return build_network(checkpoint | dict(method="new")).double()

    return add


def photos(folder: Path, size: int) -> torch.Tensor:
    """Twelve blotches of the network's size, as it takes them, written to files of 00.png to 11.png."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (12, 5, 5, 3), np.uint8)
    images = np.stack([np.asarray(Image.fromarray(image).resize((size, size))) for image in small])
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number:02d}.png")
    return torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "stl10_reconstruction"])
def test_labels_are_the_networks_own(add, clone, tmp_path, name):
    images = photos(tmp_path / "images", SIZES.get(name, 96))
    network = add(name, images)
    with torch.no_grad():
        expected = network(images.double()).argmax(1).tolist()
    assert_done(by_name(clone, "predict", name, tmp_path / "images", tmp_path / "out.csv"))
    assert lines(tmp_path / "out.csv") == [f"{number:02d}.png,{label}" for number, label in enumerate(expected)]


def test_greys_and_other_sizes_and_instruction_sets_give_the_same_rows(add, clone, tmp_path):
    add("cifar10", photos(tmp_path / "images", 32))
    Image.new("L", (50, 70), 90).save(tmp_path / "images" / "grey.png")
    found = set()
    for name in ("two threads", "SSE4.1 in oneDNN"):
        output = tmp_path / f"{name}.csv"
        assert_done(by_name(clone, "predict", "cifar10", tmp_path / "images", output, **CPU_SETTINGS[name]))
        found.add(tuple(lines(output)))
    assert len(found) == 1 and len(found.pop()) == 13


def test_reconstructions_are_the_networks_own(add, clone, tmp_path, out):
    images = photos(tmp_path / "images", 96)
    network = add("stl10_reconstruction", images)
    assert_done(by_name(clone, "transform", "stl10_reconstruction", tmp_path / "images", out))
    with torch.no_grad():
        expected = (network(images.double())[3].permute(1, 2, 0).numpy() + 1) * 127.5
    with Image.open(out / "03.png") as picture:
        assert np.abs(np.asarray(picture) - expected).max() <= 0.5 + 1e-6
