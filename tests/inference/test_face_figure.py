"""hw3_p1.sh and hw3_p2.sh: the report's figure, the same pixels everywhere, and what is refused."""

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.picture import image_grid
from inference.pixels import TIE, distance_to_tie, to_uint8
from inference.sampler import Sampler
from tests.inference.conftest import ROOT
from tests.inference.submission import (
    CPU_SETTINGS,
    HANGS,
    P1,
    P2,
    assert_done,
    assert_one_line,
    assert_refused,
    environment,
    run_to_its_end,
)
from tests.inference.test_interruptions import wait_until


def draw(script, project, output, *more, **how) -> subprocess.CompletedProcess:
    return script.run(project, None, output, *more, **how)


def pixels(picture) -> np.ndarray:
    with Image.open(picture) as image:
        return np.asarray(image)


def generator_of(project, script) -> Sampler:
    return Sampler((project / "weights" / script.weights).read_bytes())


def expected_figure(project, script) -> np.ndarray:
    """Decoded one by one, rounded by NumPy, pasted face by face."""
    generator = generator_of(project, script)
    figure = np.full((4 * 66 + 2, 8 * 66 + 2, 3), 255, np.uint8)
    for index in range(32):
        face = generator.images(generator.noise[index : index + 1])[0].numpy().transpose(1, 2, 0)
        top, left = 2 + 66 * (index // 8), 2 + 66 * (index % 8)
        figure[top : top + 64, left : left + 64] = np.rint(127.5 * (face + 1))
    return figure


@pytest.fixture(scope="module")
def expected(project) -> np.ndarray:
    figure = expected_figure(project, P1)
    assert len(np.unique(figure)) == 256  # a test on flat grey would prove nothing
    return figure


def test_float32_alone_would_differ(project, expected):
    """Keeps this file honest: some of these levels lie too near to a rounding tie for float32."""
    generator = generator_of(project, P1)
    with torch.no_grad():
        images = generator.network.float().sample(generator.noise.float())
    assert not np.array_equal(image_grid(to_uint8(images)), expected)
    assert distance_to_tie(generator_of(project, P1).images(generator.noise)) > TIE


@pytest.mark.parametrize("setting", CPU_SETTINGS)
def test_same_pixels_on_every_cpu(project, tmp_path, expected, setting):
    assert_done(draw(P1, project, tmp_path / "out.png", **CPU_SETTINGS[setting]))
    assert np.array_equal(pixels(tmp_path / "out.png"), expected)


@pytest.mark.parametrize("batch_size", ["1", "7", "32"])
def test_same_pixels_for_every_batch_size(project, tmp_path, expected, batch_size):
    assert_done(draw(P1, project, tmp_path / "out.png", "--batch-size", batch_size))
    assert np.array_equal(pixels(tmp_path / "out.png"), expected)


def test_the_gan_draws_its_own_faces(project, tmp_path):
    assert_done(draw(P2, project, tmp_path / "out.png", fresh=True))
    assert np.array_equal(pixels(tmp_path / "out.png"), expected_figure(project, P2))


def test_the_method_is_the_only_difference():
    first, second = (
        [line for line in (ROOT / script.name).read_text().splitlines() if not line.startswith("# ")]
        for script in (P1, P2)
    )
    assert [line.replace("vae", "gan") for line in first] == second


@pytest.mark.parametrize("name", ["out.jpg", "out.jpeg", "OUT.JPG"])
def test_jpeg(project, tmp_path, expected, name):
    """Nearly the same pixels, and colours as fine as brightness."""
    assert_done(draw(P1, project, tmp_path / name))
    with Image.open(tmp_path / name) as image:
        assert image.format == "JPEG"
        assert {component[1:3] for component in image.layer} == {(1, 1)}
    assert np.abs(pixels(tmp_path / name) - expected.astype(int)).mean() < 3


def test_png_by_ending_in_any_case(project, tmp_path, expected):
    assert_done(draw(P1, project, tmp_path / "OUT.PNG"))
    assert np.array_equal(pixels(tmp_path / "OUT.PNG"), expected)


@pytest.mark.parametrize(
    "name", ["with space", "-dash", "new\nline", "it's $HOME `id`", os.fsdecode(b"not utf-8 \xff")]
)
def test_any_name_from_anywhere(clone, tmp_path, expected, name):
    """The project's and the output's: relative as a TA types them, and absolute from elsewhere."""
    project = clone.rename(tmp_path / name)
    assert_done(draw(P1, f"./{name}", f"{name}.png", cwd=tmp_path))
    assert np.array_equal(pixels(tmp_path / f"{name}.png"), expected)
    assert_done(draw(P1, project, project / f"{name}.png", cwd="/"))
    assert np.array_equal(pixels(project / f"{name}.png"), expected)


@pytest.mark.parametrize("name", ["out.gif", "out", "png", ".png", "out.png.txt", "out.csv", "new\nline"])
def test_unknown_ending(project, output, name):
    result = draw(P1, project, output.parent / name)
    assert_refused(result, 2, output, "unknown ending", ".png, .jpg, .jpeg")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["out.png", "more"],
        ["out.png", "--batch-size", "0"],
        ["out.png", "--batch-size", "x"],
        ["out.png", "--size", "7"],
        ["out.png", "--batch-size", "7", "more"],
    ],
)
def test_wrong_arguments(clone, tmp_path, arguments, server):
    """Nothing is fetched for such a call either."""
    (clone / "weights" / P1.weights).unlink()
    result = run_to_its_end(["bash", clone / P1.name, *arguments], cwd=tmp_path, HW3_WEIGHTS_URL=server.url("good"))
    assert_one_line(result, 2, "usage")
    assert server.requests == [] and not (tmp_path / "out.png").exists()


def test_missing_weights_are_fetched(clone, tmp_path, expected, server):
    (clone / "weights" / P1.weights).unlink()
    assert_done(draw(P1, clone, tmp_path / "out.png", HW3_WEIGHTS_URL=server.url("good")))
    assert server.requests == ["good"] and np.array_equal(pixels(tmp_path / "out.png"), expected)


def test_file_too_large(project, tmp_path):
    """A limit on a file's size stands for a full disk."""
    result = draw(P1, project, tmp_path / "out.png", before=["bash", "-c", 'ulimit -f 16; exec "$@"', "bash"])
    assert_one_line(result, 2, "out.png", "File too large")
    assert not list(tmp_path.glob("*.png")) and not list(tmp_path.glob(".*"))


def torch_is_loaded(process: subprocess.Popen) -> bool:
    assert process.poll() is None, "ended too early"
    return "libtorch_cpu" in Path(f"/proc/{process.pid}/maps").read_text()


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_half_way(project, output, number, code):
    process = subprocess.Popen(
        P1.command(project, None, output.with_suffix(".png")),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: torch_is_loaded(process))
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=HANGS)
    result = subprocess.CompletedProcess([], process.returncode, stdout, stderr)
    assert_refused(result, code, output, number.name, "nothing was written")


def test_a_level_near_a_tie_is_noticed():
    images = torch.tensor([0.5, 0.25, 1.0, -3.0]).double().reshape(1, 1, 2, 2)
    assert distance_to_tie(images) == pytest.approx(0.125)
    images[0, 0, 0, 0] = 100.5 / 127.5 - 1 + 1e-12
    assert distance_to_tie(images) < TIE
