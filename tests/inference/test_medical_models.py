"""Tumour masks and EndoVAE through `python3 -m inference`, with random weights and the rows that released ones get."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from models.endo_vae import EndoVae
from models.segmenter import Segmenter
from tests.inference.submission import assert_done, by_name

BRAIN = 'TRANSFORM["brain"] = Transform("brain.pth", "a test", Images(240, 1), own_size=True)'
ENDOVAE = (
    'TRANSFORM["endovae"] = Transform("endovae.pth", "a test", Images(96))\n'
    'DRAW["endovae"] = Draw("endovae.pth", "a test", low=0, count=9, columns=3)'
)


@pytest.fixture
def add(clone):
    """Pins a network's random weights, in half precision, and adds its rows."""

    def add(name: str, network, rows: str):
        weights = clone / "weights" / f"{name}.pth"
        state = {key: value.half() if value.ndim > 1 else value for key, value in network.state_dict().items()}
        checkpoint = dict(network=type(network).__name__, arguments=network.arguments, state=state)
        torch.save(checkpoint | dict(system=name, method="new", seed=3), weights)
        with open(clone / "checkpoints.txt", "a") as pins:
            pins.write(f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  weights/{name}.pth\n")
        with open(clone / "inference" / "models.py", "a") as text:
            text.write(f"\n{rows}\n")
        assert weights.stat().st_size < 8e6
        return clone

    return add


def pixels(file) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image)


def test_masks_of_slices_photos_black_and_tiny_images(add, tmp_path, out):
    """0 and 255, each of its image's own size; a colour photo is read as grey."""
    torch.manual_seed(0)
    rng, folder = np.random.default_rng(0), tmp_path / "slices"
    folder.mkdir()
    images = {
        "slice.png": rng.integers(0, 255, (240, 240), np.uint8),
        "photo.jpg": rng.integers(0, 255, (120, 300, 3), np.uint8),
        "black.png": np.zeros((240, 240), np.uint8),
        "tiny.png": rng.integers(0, 255, (3, 2), np.uint8),
    }
    for name, image in images.items():
        Image.fromarray(image).save(folder / name)
    assert_done(by_name(add("brain", Segmenter(), BRAIN), "transform", "brain", folder, out))
    for name, image in images.items():
        mask = pixels(out / f"{name[:-4]}.png")
        assert mask.shape == image.shape[:2] and set(np.unique(mask).tolist()) <= {0, 255}


def test_endovae_rebuilds_a_folder_and_draws_three_by_three(add, tmp_path, out):
    torch.manual_seed(0)
    folder, network = tmp_path / "originals", EndoVae()
    folder.mkdir()
    image = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    Image.fromarray(image).save(folder / "a.png")
    project = add("endovae", network, ENDOVAE)
    assert_done(by_name(project, "transform", "endovae", folder, out))
    with torch.no_grad():
        expected = network(torch.from_numpy(image).permute(2, 0, 1)[None] / 255)[0].permute(1, 2, 0)
    assert np.abs(pixels(out / "a.png") - 255 * expected.numpy()).max() < 3
    assert_done(by_name(project, "draw", "endovae", tmp_path / "samples.png"))
    assert pixels(tmp_path / "samples.png").shape == (3 * 98 + 2, 3 * 98 + 2, 3)
