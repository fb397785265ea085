"""A tiny course: twenty images whose first pixel tells the digit, and the submissions beside this file."""

import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from grading.grade import Order, grade
from grading.sandbox import SandboxError, require_sandbox
from grading.scheme import Network, read_scheme

HERE = Path(__file__).parent
IMAGES = 20
LABELS = {f"{number:05}.png": number * 7 % 10 for number in range(IMAGES)}


def make_domain(digits: Path, domain: str) -> None:
    folder = digits / domain / "test"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (IMAGES, 28, 28, 3), dtype=np.uint8)
    for pixels, (name, label) in zip(noise, LABELS.items()):
        pixels[0, 0] = label * 20
        Image.fromarray(pixels).save(folder / name)
    rows = "".join(f"{name},{label}\r\n" for name, label in LABELS.items())
    (digits / domain / "test.csv").write_text("image_name,label\r\n" + rows, newline="")


@pytest.fixture(scope="session")
def sandbox() -> None:
    """Where none is to be had, the tests that need one are skipped; in CI they fail."""
    try:
        require_sandbox()
    except SandboxError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for domain in ("svhn", "usps", "mnistm"):
        make_domain(folder / "digits", domain)
    return folder


@pytest.fixture(scope="session")
def scheme():
    return read_scheme(HERE / "scheme.toml")


@pytest.fixture
def submission(tmp_path):
    """Makes a folder of one of the submissions: its files over those of the honest one."""

    def make(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(HERE / "submissions" / "honest", folder)
        shutil.copytree(HERE / "submissions" / name, folder, dirs_exist_ok=True)
        return folder

    return make


@pytest.fixture
def graded(data, scheme, tmp_path, sandbox):
    """Grades a path; `limits` replaces some of the scheme's. `reachable`: what its run with network may reach."""

    def run(path: Path, out: str = "report", limits: dict | None = None, reachable: tuple[str, ...] = (), **changes):
        changed = msgspec.structs.replace(
            scheme, limits=msgspec.structs.replace(scheme.limits, **(limits or {})), network=Network(tuple(reachable))
        )
        return grade(Order(path, data, tmp_path / out, changed, **changes))

    return run
