"""A copy of the project with weights of its own: random ones, whose close calls are very close."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.image_folder import SIZE
from models.digit_classifier import DigitClassifier
from tests.inference.submission import OLDER, P1, P3
from tests.inference.weight_server import refusing_url, serving
from tests.random_faces import random_faces, set_statistics

ROOT = Path(__file__).parents[2]
NOTHING_FETCHED = "# url: http://127.0.0.1:1\n"


def random_images(count: int, seed: int = 0) -> np.ndarray:
    """Coloured blotches, uint8 N x 28 x 28 x 3."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (count, 7, 7, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(image).resize((SIZE, SIZE))) for image in small])


def random_network(twins: bool) -> DigitClassifier:
    """Random weights, statistics from random images, and every class wins for some of them.

    With twins, classes 2k and 2k + 1 differ by less than float32 can tell, but float64 can.
    """
    torch.manual_seed(0)
    network = DigitClassifier(channels=(8, 16, 24, 48, 96))
    head = network.label_head[-1]
    images = torch.from_numpy(random_images(256)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        set_statistics(network, network, images)
        head.weight.normal_()
        head.bias -= network(images).mean(0)
        if twins:
            head.weight[1::2] = head.weight[::2] + 1e-7 * torch.randn(5, network.feature_size)
            head.bias[1::2] = head.bias[::2]
    return network


def checkpoint_of(network: DigitClassifier, domain: str) -> dict:
    return dict(
        method="dann",
        source="elsewhere",
        target=domain,
        arguments=network.arguments,
        state=network.state_dict(),
        settings={},
        seed=0,
        validation={},
    )


def write_weights(project: Path) -> None:
    """svhn's network has twin classes; usps' and mnistm's is an ordinary one. All are pinned."""
    checkpoints = {
        f"dann_{domain}": checkpoint_of(random_network(twins=domain == "svhn"), domain)
        for domain in ("mnistm", "svhn", "usps")
    }
    checkpoints |= {method: random_faces(method) for method in ("vae", "gan", "acgan")}
    pins = ""
    for name, checkpoint in checkpoints.items():
        file = project / "weights" / f"{name}.pth"
        torch.save(checkpoint, file)
        pins += f"{hashlib.sha256(file.read_bytes()).hexdigest()}  weights/{file.name}\n"
    (project / "checkpoints.txt").write_text(NOTHING_FETCHED + pins)


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """The project as it is cloned, weights there. Tests leave it as it is."""
    project = tmp_path_factory.mktemp("project")
    for script in ("hw3_p1.sh", "hw3_p2.sh", "hw3_p3.sh"):
        shutil.copy(ROOT / script, project)
    for room in ("models", "inference"):
        shutil.copytree(ROOT / room, project / room, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "weights").mkdir()
    write_weights(project)
    return project


@pytest.fixture
def clone(project, tmp_path) -> Path:
    """A copy for this test alone, to be damaged."""
    return shutil.copytree(project, tmp_path / "clone")


def write_images(folder: Path, images: np.ndarray) -> Path:
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:05d}.png")
    return folder


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    return random_images(600, seed=1)


@pytest.fixture(scope="session")
def many(images, tmp_path_factory) -> Path:
    """A folder of 600 images. Tests leave it as it is."""
    return write_images(tmp_path_factory.mktemp("many") / "images", images)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of three images for this test alone."""
    return write_images(tmp_path / "images", random_images(3))


def older_output(folder: Path, ending: str) -> Path:
    folder.mkdir()
    output = folder / f"older{ending}"
    output.write_text(OLDER)
    return output


@pytest.fixture
def output(tmp_path) -> Path:
    """Where an older CSV lies, alone in its folder."""
    return older_output(tmp_path / "out", ".csv")


@pytest.fixture
def out(tmp_path) -> Path:
    """A folder to write pictures into."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


@pytest.fixture(params=[P1, P3], ids=lambda script: script.name)
def script(request):
    """One that draws and one that predicts, for what holds of both; the other two differ in the method alone."""
    return request.param


@pytest.fixture
def older(tmp_path, script) -> Path:
    """Where an older output of the script lies, alone in its folder."""
    return older_output(tmp_path / "older", script.ending)


@pytest.fixture
def server(project):
    with serving(project / "weights") as server:
        yield server


@pytest.fixture
def nobody():
    with refusing_url() as url:
        yield url
