"""The same CSV on every CPU: against an independent float64 prediction, image by image."""

import shutil

import numpy as np
import pytest
import torch

from inference.networks import build_network, read_checkpoint
from inference.predictor import Predictor
from tests.inference.submission import CPU_SETTINGS, assert_done, lines, p3


def float64_labels(project, domain: str, images: np.ndarray) -> list[int]:
    network = build_network(read_checkpoint((project / "weights" / f"dann_{domain}.pth").read_bytes())).double()
    with torch.no_grad():
        return network(torch.from_numpy(images.transpose(0, 3, 1, 2) / 255.0)).argmax(1).tolist()


@pytest.fixture(scope="module")
def expected(project, images) -> list[str]:
    labels = float64_labels(project, "svhn", images)
    assert len(set(labels)) > 3  # a test on one label would prove nothing
    return ["image_name,label\n", *(f"{index:05d}.png,{label}\n" for index, label in enumerate(labels))]


def whole_lines(output) -> list[str]:
    return output.read_bytes().decode().splitlines(keepends=True)


def test_float32_alone_would_differ(project, images):
    """Keeps this file honest: these images are closer calls than float32 can decide."""
    network = build_network(read_checkpoint((project / "weights" / "dann_svhn.pth").read_bytes()))
    with torch.no_grad():
        labels = network(torch.from_numpy(images).permute(0, 3, 1, 2) / 255).argmax(1).tolist()
    assert labels != float64_labels(project, "svhn", images)


@pytest.mark.parametrize("setting", CPU_SETTINGS)
def test_same_on_every_cpu(project, many, tmp_path, expected, setting):
    assert_done(p3(project, many, "svhn", tmp_path / "out.csv", **CPU_SETTINGS[setting]))
    assert whole_lines(tmp_path / "out.csv") == expected


@pytest.mark.parametrize("batch_size", ["1", "7", "512"])
def test_same_for_every_batch_size(project, many, tmp_path, expected, batch_size):
    assert_done(p3(project, many, "svhn", tmp_path / "out.csv", "--batch-size", batch_size))
    assert whole_lines(tmp_path / "out.csv") == expected


@pytest.mark.parametrize("domain", ["mnistm", "usps"])
def test_clear_calls_are_right_too(project, images, many, tmp_path, domain):
    assert_done(p3(project, many, domain, tmp_path / "out.csv"))
    labels = [int(line[-1]) for line in lines(tmp_path / "out.csv")]
    assert labels == float64_labels(project, domain, images)
    assert len(set(labels)) > 3


def test_renamed_and_reordered_images_keep_their_labels(project, many, tmp_path, expected):
    (tmp_path / "renamed").mkdir()
    order = np.random.default_rng(0).permutation(600)
    for old, new in enumerate(order):
        shutil.copy(many / f"{old:05d}.png", tmp_path / "renamed" / f"x{new}.png")
    assert_done(p3(project, tmp_path / "renamed", "svhn", tmp_path / "out.csv"))
    labels = dict(line.split(",") for line in lines(tmp_path / "out.csv"))
    assert [labels[f"x{new}.png"] for new in order] == [row[-2] for row in expected[1:]]


class Fixed(torch.nn.Module):
    """Gives every image the same logits."""

    def __init__(self, logits: list[float]):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor(logits, dtype=torch.float64))

    def forward(self, images):
        return self.logits.to(images.dtype).expand(len(images), -1)


@pytest.mark.parametrize(
    "logits, label",
    [
        ([0, 5, 5, 1], 1),  # a tie goes to the lower label
        ([0, 5, 5 + 1e-14, 1], 1),  # float64's own rounding makes no difference
        ([0, 5, 5 + 1e-7, 1], 2),  # what float64 can tell, it tells
        ([0, 5 + 1e-7, 5, 1], 1),
        ([0, 5, 6, 1], 2),
    ],
)
def test_close_calls(logits, label):
    predictor = Predictor(Fixed(logits))
    assert predictor.labels(np.zeros((2, 28, 28, 3), np.uint8)).tolist() == [label, label]
