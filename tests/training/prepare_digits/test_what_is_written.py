"""What prepare_digits makes of whole sources: all domains, and MNIST-M by the recipe where its archive is gone."""

import os
import pty
import subprocess

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from tests.training.prepare_digits.calls import (
    ENVIRONMENT,
    assert_written,
    command,
    fail,
    mnistm_only,
    pictures,
    succeed,
    table,
)
from training.data.digit_sources import SEED, SOURCES, blend


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


def test_files_put_there_by_hand(originals, checksums, tmp_path):
    out = tmp_path / "data"
    (out / "downloads").mkdir(parents=True)
    (out / "downloads/mnist_m.tar.gz").write_bytes(originals.files["mnist_m.tar.gz"])
    succeed(out, "--only", "mnistm", "--checksums", checksums)
    assert_written(out, "mnistm", originals.digits["mnistm"])


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
