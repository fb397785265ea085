"""PixelDA's two verbs, with untrained weights in a copy of the project: what they write is what its network says."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from inference.noise import fixed_noise
from inference.pixels import to_input, to_uint8
from models.pixelda import PixelDa
from tests.inference.submission import assert_done, by_name, lines

ROWS = """
PREDICT["pixelda"] = Predict("pixelda.pth", "a test", Images(32, low=-1))
TRANSFORM["pixelda"] = Transform("pixelda.pth", "a test", Images(32, low=-1), low=-1, noise="uniform")
"""


@pytest.fixture
def network():
    """Its logits must differ by more than untrained ones do, or every label is a tie."""
    torch.manual_seed(0)
    network = PixelDa()
    with torch.no_grad():
        for weights in network.classifier.parameters():
            weights.mul_(10)
    return network.eval()


@pytest.fixture
def project(clone, network):
    with open(clone / "inference" / "models.py", "a") as text:
        text.write(ROWS)
    weights = clone / "weights" / "pixelda.pth"
    checkpoint = dict(method="pixelda", network="PixelDa", arguments=network.arguments, state=network.state_dict())
    torch.save(checkpoint, weights)
    with open(clone / "checkpoints.txt", "a") as pins:
        pins.write(f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  weights/pixelda.pth\n")
    return clone


@pytest.fixture
def digits(tmp_path) -> np.ndarray:
    """Four images, uint8 4 x 32 x 32 x 3; the last two are the same."""
    folder = tmp_path / "digits"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    images[3] = images[2]
    for row, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{row}.png")
    return images


def test_predict_reads_with_the_branch_for_the_target(project, network, digits, tmp_path):
    assert_done(by_name(project, "predict", "pixelda", tmp_path / "digits", tmp_path / "out.csv"))
    with torch.inference_mode():
        expected = network.double().classifier(to_input(digits, torch.float64, -1), "target").argmax(1)
    assert lines(tmp_path / "out.csv") == [f"{row}.png,{label}" for row, label in enumerate(expected)]


def test_transform_gives_each_image_the_noise_of_its_place(project, network, digits, tmp_path):
    (tmp_path / "out").mkdir()
    assert_done(by_name(project, "transform", "pixelda", tmp_path / "digits", tmp_path / "out"))
    with torch.inference_mode():
        drawn = network.double().generator(
            to_input(digits, torch.float64, -1), fixed_noise(4, 10, 0, "uniform").double()
        )
    written = np.stack([np.asarray(Image.open(tmp_path / "out" / f"{row}.png")) for row in range(4)])
    assert np.array_equal(written, to_uint8(drawn))
    assert not np.array_equal(written[2], written[3])
