"""prepare_digits killed half way, and calls that it refuses: nothing half made counts, nothing is overwritten."""

import fcntl
import hashlib
import os
import signal
import time

import numpy as np
import pytest

from tests.training.prepare_digits.calls import assert_written, fail, mnistm_only, started, succeed
from tests.training.small_sources import authors_archive, random_digits


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_a_download(serve, originals, checksums, tmp_path, sign):
    server, out = serve(originals.files), tmp_path / "data"
    server.stalls = True
    process = started(out, *mnistm_only(server, checksums))
    assert server.stalled.wait(30)
    wait_for(lambda: (out / "downloads/mnist_m.tar.gz.part").exists())
    process.send_signal(sign)
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == (-9 if sign == signal.SIGKILL else 128 + sign)
    assert "Traceback" not in errors and not (out / "digits").exists()
    server.stalls = False
    succeed(out, *mnistm_only(server, checksums))
    assert_written(out, "mnistm", originals.digits["mnistm"])


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_while_writing(serve, tmp_path, sign):
    rng = np.random.default_rng(0)
    digits = random_digits(rng, {"train": 800, "test": 1}, 32, 32, 3)
    archive = authors_archive(digits, rng)
    server, out, checksums = serve({"mnist_m.tar.gz": archive}), tmp_path / "data", tmp_path / "sum"
    checksums.write_text(f"{hashlib.md5(archive).hexdigest()}  mnist_m.tar.gz\n")
    process = started(out, *mnistm_only(server, checksums))
    wait_for(lambda: (out / "digits/mnistm/.train.partial/00020.png").exists())
    process.send_signal(sign)
    assert "Traceback" not in process.communicate(timeout=30)[1]
    assert not (out / "digits/mnistm/train").exists()
    succeed(out, *mnistm_only(server, checksums))
    assert_written(out, "mnistm", digits)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_the_caller_must_change(tmp_path):
    file, out = tmp_path / "file", tmp_path / "data"
    file.write_text("not a checksum\n")
    assert str(file) in fail(2, file)
    assert "not a line of md5sum" in fail(2, out, "--checksums", file)
    assert str(out / "none") in fail(2, out, "--checksums", out / "none")
    assert "not an http" in fail(2, out, "--mirror", "ftp://campus")
    assert "invalid choice: 'mnist-m'" in fail(2, out, "--only", "mnist-m")


def test_leaves_somebody_s_incomplete_split_alone(tmp_path):
    split = tmp_path / "data" / "digits" / "usps" / "train"
    split.mkdir(parents=True)
    (split / "00000.png").write_bytes(b"mine")
    assert f"{split} has 1 images and train.csv 0 rows" in fail(2, tmp_path / "data")
    assert (split / "00000.png").read_bytes() == b"mine"


def test_two_at_once(tmp_path):
    out = tmp_path / "data"
    out.mkdir()
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert "another prepare_digits is at work" in fail(2, out)
    os.close(handle)
