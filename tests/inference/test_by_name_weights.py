"""python3 -m inference: weights that are missing or damaged, signals, full disks, and what is imported."""

import os
import re
import signal
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.inference.submission import (
    BY_NAME,
    HANGS,
    assert_done,
    assert_one_line,
    assert_refused,
    by_name,
    environment,
)
from tests.inference.test_by_name import pixels, rebuilt
from tests.inference.test_interruptions import wait_until
from tests.inference.test_weights import (
    FILE,
    assert_nothing_fetched,
    assert_weights_are,
    damage,
    name_servers,
    patient_wget,
)

MODEL = "dann_mnistm_svhn"


@pytest.mark.parametrize("kind", ["missing", "one bit flipped"])
def test_weights_are_fetched(project, clone, folder, output, server, kind):
    damage(clone, kind)
    assert_done(by_name(clone, "predict", MODEL, folder, output, HW3_WEIGHTS_URL=server.url("good")))
    assert server.requests == ["good"]
    assert_weights_are(clone, project)


def test_right_weights_are_not_fetched(project, folder, output, server):
    assert_done(by_name(project, "predict", MODEL, folder, output, HW3_WEIGHTS_URL=server.url("good")))
    assert server.requests == []


@pytest.mark.parametrize("kind", ["missing", "one bit flipped"])
def test_no_server(clone, folder, output, nobody, kind):
    damage(clone, kind)
    name_servers(clone, nobody)
    result = by_name(clone, "predict", MODEL, folder, output)
    state = "missing" if kind == "missing" else "damaged"
    assert_refused(result, 3, output, f"weights/{FILE} is {state}", "Connection refused")


def test_checkpoints_file_damaged(clone, folder, output):
    (clone / "checkpoints.txt").write_text("# empty\n")
    assert_refused(by_name(clone, "predict", MODEL, folder, output), 3, output, "not listed")


def stopped(process: subprocess.Popen, number: signal.Signals) -> subprocess.CompletedProcess:
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=HANGS)
    return subprocess.CompletedProcess([], process.returncode, stdout, stderr)


def start(project, *arguments, **changes) -> subprocess.Popen:
    return subprocess.Popen(
        [*BY_NAME, *arguments], cwd=project, env=environment(**changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_while_fetching(project, clone, folder, output, tmp_path, server, number, code):
    """wget goes, its file too, and no second server is asked."""
    damage(clone, "missing")
    name_servers(clone, server.url("good"))
    process = start(
        clone,
        "predict",
        MODEL,
        folder,
        output,
        HW3_WEIGHTS_URL=server.url("silent"),
        PATH=patient_wget(tmp_path / "bin"),
    )
    assert server.asked.wait(HANGS)
    assert_refused(stopped(process, number), code, output, "stopped", FILE)
    assert server.gone.wait(HANGS)
    assert server.requests == ["silent"]
    assert_nothing_fetched(clone, project)


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_transformation_stopped_half_way(project, many, out, tmp_path, number, code):
    """After the first batch, of small images, while the large ones are decoded: whole pictures stay."""
    Image.new("1", (4000, 3000)).save(tmp_path / "large.png")
    (tmp_path / "images").mkdir()
    for index in range(24):
        target = many / f"{index:05d}.png" if index < 8 else tmp_path / "large.png"
        (tmp_path / "images" / f"{index:05d}.png").symlink_to(target)
    process = start(project, "transform", "vae", tmp_path / "images", out)
    wait_until(lambda: any(name.endswith(".png") for name in os.listdir(out)) or process.poll() is not None)
    assert_one_line(stopped(process, number), code, number.name, str(out), "each whole")
    left = sorted(os.listdir(out))
    assert 0 < len(left) < 24 and left == [f"{index:05d}.png" for index in range(len(left))]
    expected = rebuilt(project, [tmp_path / "images" / name for name in left])
    assert all(np.array_equal(pixels(out / name), expected[name[:-4]]) for name in left)


def test_file_too_large(project, folder, out):
    """A limit on a file's size stands for a full disk."""
    result = by_name(project, "transform", "vae", folder, out, before=["bash", "-c", 'ulimit -f 1; exec "$@"', "bash"])
    assert_one_line(result, 2, "00000.png", "File too large")
    assert os.listdir(out) == []


@pytest.mark.parametrize(
    "verb, model, network",
    [("predict", MODEL, b"digit_classifier"), ("draw", "gan", b"gan"), ("transform", "vae", b"vae")],
)
def test_imports_only_what_the_model_needs(project, folder, tmp_path, verb, model, network):
    (tmp_path / "to").mkdir()
    places = {
        "predict": [folder, tmp_path / "out.csv"],
        "draw": [tmp_path / "out.png"],
        "transform": [folder, tmp_path / "to"],
    }
    result = by_name(project, verb, model, *places[verb], PYTHONVERBOSE="1")
    imported = set(re.findall(rb"^import '([\w.]+)'", result.stderr, re.MULTILINE))
    assert result.returncode == 0
    assert {name for name in imported if name.startswith(b"models.")} == {b"models.blocks", b"models." + network}
    assert {b"torchvision", b"pandas", b"sklearn", b"requests", b"training"}.isdisjoint(imported)
