"""A new model costs its network, the network's name, and one row: each test adds one to a copy of the project."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from inference.noise import fixed_noise
from tests.inference.submission import assert_done, by_name, lines

NETWORKS = '''
import torch
from torch import nn

class Brightness(nn.Module):
    """Grey in [-1, 1] -> 1 for images brighter than the middle, else 0."""
    def forward(self, images):
        mean = images.mean((1, 2, 3))
        return torch.stack([-mean, mean], 1)

class Threshold(nn.Module):
    def transform(self, images):
        return (images > 0.5).to(images)

class Tint(nn.Module):
    noise_size = 2
    def transform(self, images, noise):
        return images.repeat(1, 3, 1, 1) * 0 + noise[:, :1, None, None]

class Levels(nn.Module):
    noise_size = 4
    def sample(self, noise, label):
        return (label / 10)[:, None, None, None].repeat(1, 1, 4, 4) + noise.mean() * 0
'''
ROWS = {
    "Brightness": 'PREDICT["added"] = Predict("added.pth", "a test", Images(32, 1, low=-1))',
    "Threshold": 'TRANSFORM["added"] = Transform("added.pth", "a test", Images(20, 1), own_size=True)',
    "Tint": 'TRANSFORM["added"] = Transform("added.pth", "a test", Images(8, 1), low=-1, noise="uniform")',
    "Levels": 'DRAW["added"] = Draw("added.pth", "a test", low=0, count=25, columns=5, labels=tuple("0123456789"))',
}


@pytest.fixture
def add(clone):
    """Adds a network's row and its checkpoint, pinned; its method is one that inference does not know."""

    def add(network: str):
        (clone / "models" / "added.py").write_text(NETWORKS)
        for file, line in (("networks", f'MODULES["{network}"] = "models.added"'), ("models", ROWS[network])):
            with open(clone / "inference" / f"{file}.py", "a") as text:
                text.write(f"\n{line}\n")
        weights = clone / "weights" / "added.pth"
        torch.save(dict(system="added", method="new", network=network, arguments={}, state={}, seed=3), weights)
        with open(clone / "checkpoints.txt", "a") as pins:
            pins.write(f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  weights/added.pth\n")
        return clone

    return add


def pixels(file) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image)


@pytest.fixture
def greys(tmp_path):
    """Twelve images of one grey each, of many sizes: name -> level."""
    (tmp_path / "greys").mkdir()
    levels = {f"{index:02d}": 20 * index for index in range(12)}
    for name, level in levels.items():
        Image.new("RGB", (30 + level, 40), (level, level, level)).save(tmp_path / "greys" / f"{name}.png")
    return levels


def test_classifier_of_grey_images_of_another_size_and_range(add, greys, tmp_path):
    assert_done(by_name(add("Brightness"), "predict", "added", tmp_path / "greys", tmp_path / "out.csv"))
    assert lines(tmp_path / "out.csv") == [f"{name}.png,{int(level > 127.5)}" for name, level in greys.items()]


def test_masks_of_each_images_own_size(add, tmp_path, out):
    """Halves of 60x20 and 20x80: what is bright in the left or the upper half comes out white there."""
    (tmp_path / "halves").mkdir()
    expected = {"wide.png": np.zeros((20, 60), np.uint8), "high.png": np.zeros((80, 20), np.uint8)}
    expected["wide.png"][:, :30] = expected["high.png"][:40] = 255
    for name, image in expected.items():
        Image.fromarray(np.where(image, 250, 10).astype(np.uint8)).save(tmp_path / "halves" / name)
    assert_done(by_name(add("Threshold"), "transform", "added", tmp_path / "halves", out))
    for name, image in expected.items():
        assert np.array_equal(pixels(out / name), image)


def test_noise_is_fixed_and_follows_the_place_by_name(add, greys, tmp_path, out):
    assert_done(by_name(add("Tint"), "transform", "added", tmp_path / "greys", out))
    expected = np.rint((fixed_noise(12, 2, seed=0, distribution="uniform")[:, 0].double().numpy() + 1) * 127.5)
    assert len(set(expected)) == 12
    for name, level in zip(greys, expected, strict=True):
        assert np.array_equal(pixels(out / f"{name}.png"), np.full((8, 8, 3), level))


def test_grey_images_of_a_label_in_a_square(add, tmp_path):
    """No noise in the checkpoint: its seed gives all of it."""
    project = add("Levels")
    assert_done(by_name(project, "draw", "added", tmp_path / "seven.png", "--label", "7"))
    assert_done(by_name(project, "draw", "added", tmp_path / "all.png", "--count", "10"))
    seven, every = pixels(tmp_path / "seven.png"), pixels(tmp_path / "all.png")
    assert seven.shape == (32, 32) and (seven[2:6, 2:6] == round(0.7 * 255)).all()
    assert np.array_equal(seven[2:6, 2:6], seven[26:30, 26:30])
    assert every.shape == (14, 32)
    assert every[2::6, 2::6][:, :5].flatten().tolist() == [round(label / 10 * 255) for label in range(10)]


def test_longer_noise_begins_with_the_same_rows():
    assert torch.equal(fixed_noise(40, 3, seed=1)[:32], fixed_noise(32, 3, seed=1))
    assert torch.equal(fixed_noise(40, 3, 1, "uniform")[:32], fixed_noise(32, 3, 1, "uniform"))
    assert fixed_noise(99, 9, 0, "uniform").abs().max() <= 1
