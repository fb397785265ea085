"""training.data.prepare_digits, run as its user runs it, against small sources in the real ones' formats.

A server on the loopback has the files; the public servers are out of reach of every test.
"""

import csv
import fcntl
import hashlib
import http.server
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from tests.training.small_sources import Originals, authors_archive, packed, random_digits
from training.data.digit_sources import SEED, SOURCES, blend

ROOT = Path(__file__).parents[2]
OUTSIDE = "http://127.0.0.1:9"  # nothing listens on the discard port: requests elsewhere fail
ENVIRONMENT = {
    **os.environ,
    "http_proxy": OUTSIDE,
    "https_proxy": OUTSIDE,
    "no_proxy": "127.0.0.1",
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture(scope="module")
def originals():
    return Originals()


# --- the server and the command -------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; the first answer for a name in `server.halves` stops half way."""

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append((name, self.headers["Range"]))
        if name not in self.server.files:
            return self.send_error(404)
        content = self.server.files[name]
        start = self.answer(content)
        if self.server.halves.pop(name, None) == "dropped":
            return self.wfile.write(content[start : len(content) // 2])
        if self.server.stalls:
            self.wfile.write(content[start : len(content) // 2])
            self.wfile.flush()
            self.server.stalled.set()
            return self.server.released.wait(30)
        self.wfile.write(content[start:])

    def answer(self, content):
        """Sends the headers and returns the first byte to send."""
        start = 0
        if self.headers["Range"] and self.server.ranges:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        return start

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Starts servers: `serve(files)` has .url, .asked (name, range) and the faults to switch on."""
    servers = []

    def start(files):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.files, server.asked, server.halves = dict(files), [], {}
        server.ranges, server.stalls = True, False
        server.stalled, server.released = threading.Event(), threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}/digits"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def checksums(originals, tmp_path):
    """A file as sha256sum prints it, for the small sources."""
    path = tmp_path / "SHA256SUMS"
    path.write_text(
        "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in originals.files.items())
    )
    return path


def command(out, *options):
    return [sys.executable, "-m", "training.data.prepare_digits", "--out", str(out), *map(str, options)]


def run(out, *options):
    return subprocess.run(
        command(out, *options), env=ENVIRONMENT, cwd=out.parent, capture_output=True, text=True, timeout=60
    )


def succeed(out, *options):
    result = run(out, *options)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def fail(code, out, *options):
    """Runs the command, which must fail with one line; returns the line."""
    result = run(out, *options)
    assert result.returncode == code, result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("prepare_digits: ")
    return result.stderr


# --- what it must have written --------------------------------------------------------------------


def table(out, domain, split):
    with open(out / "digits" / domain / f"{split}.csv", newline="") as file:
        return list(csv.reader(file))


def pictures(out, domain, split):
    return [np.asarray(Image.open(path)) for path in sorted((out / "digits" / domain / split).iterdir())]


def resized(image):
    return np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BILINEAR))


def assert_written(out, domain, digits):
    for split, (images, labels) in digits.items():
        names = [f"{i:05d}.png" for i in range(len(images))]
        assert sorted(os.listdir(out / "digits" / domain / split)) == names
        assert table(out, domain, split) == [["image_name", "label"], *([n, str(x)] for n, x in zip(names, labels))]
        for written, image in zip(pictures(out, domain, split), images):
            np.testing.assert_array_equal(written, resized(image))
    assert sorted(os.listdir(out / "digits" / domain)) == ["SOURCE.txt", "test", "test.csv", "train", "train.csv"]


def mnistm_only(server, checksums):
    """The quickest domain: it needs no torchvision."""
    return ("--only", "mnistm", "--mirror", server.url, "--checksums", checksums)


# --- tests ----------------------------------------------------------------------------------------


def test_builds_all_domains_once(serve, originals, checksums, tmp_path):
    server, out = serve(originals.files), tmp_path / "with space" / "hw3_data"
    out.parent.mkdir()
    options = ("--mirror", server.url, "--checksums", checksums)
    said = succeed(out, *options)
    for domain, digits in originals.digits.items():
        assert_written(out, domain, digits)
        mode = "L" if domain in ("usps", "mnist") else "RGB"
        image = Image.open(out / "digits" / domain / "test" / "00000.png")
        assert (image.mode, image.size) == (mode, (28, 28))
    assert "mnistm: made: MNIST-M, the authors' own release" in said
    assert "authors' own release" in (out / "digits/mnistm/SOURCE.txt").read_text()

    server.asked.clear()
    assert succeed(out, *options).count("already there") == 4
    assert server.asked == []


def test_published_checksums_are_torchvisions():
    from torchvision.datasets import MNIST, SVHN, USPS

    theirs = dict(MNIST.resources)
    theirs.update(
        {name: md5 for data in (USPS, SVHN) for split, (_, name, md5) in data.split_list.items() if split != "extra"}
    )
    ours = {name: source.checksum for name, source in SOURCES.items()}
    assert {name: ours[name] for name in theirs} == theirs


def test_makes_mnistm_where_the_archive_is_dead(serve, originals, checksums, tmp_path):
    server, out = serve(originals.files), tmp_path / "data"
    del server.files["mnist_m.tar.gz"]
    said = succeed(out, *mnistm_only(server, checksums))
    assert f"{server.url}/mnist_m.tar.gz (404 Not Found)" in said
    assert "mnistm: made: MNIST-M made here, not the authors' release" in said
    assert "made here, not the authors'" in (out / "digits/mnistm/SOURCE.txt").read_text()
    for number, (split, (digits, labels)) in enumerate(originals.digits["mnist"].items()):
        photos, images = originals.photos(split), pictures(out, "mnistm", split)
        assert [int(row[1]) for row in table(out, "mnistm", split)[1:]] == labels.tolist()
        assert all(comes_from(image, digit, photos) for image, digit in zip(images, digits))
        again = list(blend(digits, photos, np.random.default_rng([SEED, number])))
        np.testing.assert_array_equal(images, again)


def comes_from(image, digit, photos):
    """Whether image = |patch - digit| for a 28x28 patch of one of the photos."""
    for photo in photos:
        patches = sliding_window_view(photo, (28, 28), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
        difference = np.abs(patches.astype(int) - digit[..., None].astype(int))
        if (difference == image).all(axis=(2, 3, 4)).any():
            return True
    return False


def test_splits_of_a_domain_are_of_one_kind(serve, originals, checksums, tmp_path):
    """With train from the authors' archive, test is not made by the recipe."""
    server, out = serve(originals.files), tmp_path / "data"
    succeed(out, *mnistm_only(server, checksums))
    for path in (out / "digits/mnistm/test").iterdir():
        path.unlink()
    (out / "digits/mnistm/test").rmdir()
    (out / "downloads/mnist_m.tar.gz").unlink()
    del server.files["mnist_m.tar.gz"]
    assert "mnist_m.tar.gz is not to be had" in fail(3, out, *mnistm_only(server, checksums))


def test_refuses_a_corrupt_download(serve, originals, checksums, tmp_path):
    content = bytearray(originals.files["mnist_m.tar.gz"])
    content[len(content) // 2] ^= 1
    server, out = serve({"mnist_m.tar.gz": bytes(content)}), tmp_path / "data"
    line = fail(3, out, *mnistm_only(server, checksums))
    assert f"{server.url}/mnist_m.tar.gz (sha256 is {hashlib.sha256(content).hexdigest()}" in line
    assert not (out / "digits").exists()
    assert not list((out / "downloads").iterdir())


def test_without_checksums_only_the_published_files_count(serve, originals, tmp_path):
    server = serve(originals.files)
    line = fail(3, tmp_path / "data", "--only", "usps", "--mirror", server.url)
    assert "md5 is" in line and SOURCES["usps.bz2"].checksum in line


def test_a_damaged_file_on_disk_is_fetched_anew(serve, originals, checksums, tmp_path):
    server, out = serve(originals.files), tmp_path / "data"
    (out / "downloads").mkdir(parents=True)
    (out / "downloads/mnist_m.tar.gz").write_bytes(b"<html>")
    succeed(out, *mnistm_only(server, checksums))
    assert_written(out, "mnistm", originals.digits["mnistm"])


def test_files_put_there_by_hand(originals, checksums, tmp_path):
    out = tmp_path / "data"
    (out / "downloads").mkdir(parents=True)
    (out / "downloads/mnist_m.tar.gz").write_bytes(originals.files["mnist_m.tar.gz"])
    succeed(out, "--only", "mnistm", "--checksums", checksums)
    assert_written(out, "mnistm", originals.digits["mnistm"])


def test_second_mirror_where_the_first_is_dead(serve, originals, checksums, tmp_path):
    server, out = serve(originals.files), tmp_path / "data"
    succeed(out, "--mirror", OUTSIDE, *mnistm_only(server, checksums))
    assert_written(out, "mnistm", originals.digits["mnistm"])


@pytest.mark.parametrize("ranges", [True, False])
def test_goes_on_after_a_dropped_connection(serve, originals, checksums, tmp_path, ranges):
    server, out = serve(originals.files), tmp_path / "data"
    server.ranges, server.halves = ranges, {"mnist_m.tar.gz": "dropped"}
    succeed(out, *mnistm_only(server, checksums))
    half = len(originals.files["mnist_m.tar.gz"]) // 2
    assert server.asked == [("mnist_m.tar.gz", None), ("mnist_m.tar.gz", f"bytes={half}-")]
    assert_written(out, "mnistm", originals.digits["mnistm"])


@pytest.mark.parametrize("part", [b"another file's first bytes", bytes(10**6)])
def test_starts_over_from_a_wrong_piece(serve, originals, checksums, tmp_path, part):
    server, out = serve(originals.files), tmp_path / "data"
    (out / "downloads").mkdir(parents=True)
    (out / "downloads/mnist_m.tar.gz.part").write_bytes(part)
    succeed(out, *mnistm_only(server, checksums))
    assert_written(out, "mnistm", originals.digits["mnistm"])


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_a_download(serve, originals, checksums, tmp_path, sign):
    server, out = serve(originals.files), tmp_path / "data"
    server.stalls = True
    process = subprocess.Popen(
        command(out, *mnistm_only(server, checksums)),
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
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
    process = subprocess.Popen(
        command(out, *mnistm_only(server, checksums)),
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
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


def test_nothing_to_be_had(tmp_path):
    line = fail(3, tmp_path / "data")
    names = ("usps.bz2", "mnist_m.tar.gz", "train_32x32.mat", "train-images-idx3-ubyte.gz")
    assert all(f"{url} (no connection)" in line for name in names for url in SOURCES[name].urls)
    assert not (tmp_path / "data" / "digits").exists()


def test_a_caller_s_checksum_can_vouch_for_another_format(serve, tmp_path):
    content, checksums = packed({"mnist_m/readme.txt": b"moved"}), tmp_path / "sums"
    checksums.write_text(f"{hashlib.md5(content).hexdigest()} *mnist_m.tar.gz\n")
    server = serve({"mnist_m.tar.gz": content})
    line = fail(3, tmp_path / "data", *mnistm_only(server, checksums))
    assert "mnist_m.tar.gz: not in the published format" in line
    assert not (tmp_path / "data/digits/mnistm/train").exists()


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


def test_shows_a_bar_on_a_terminal(serve, originals, checksums, tmp_path):
    server, out = serve(originals.files), tmp_path / "data"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(out, *mnistm_only(server, checksums)),
        env={**ENVIRONMENT, "TERM": "xterm", "COLUMNS": "200"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = read_terminal(ours)
    assert process.wait(30) == 0
    assert "100%" in shown and "mnist_m.tar.gz" in shown
    assert_written(out, "mnistm", originals.digits["mnistm"])


def read_terminal(handle):
    shown = b""
    try:
        while chunk := os.read(handle, 4096):
            shown += chunk
    except OSError:  # Linux's way of saying that the other end was closed
        pass
    os.close(handle)
    return shown.decode(errors="replace")
