"""How prepare_digits fetches: what it trusts, where it turns when a server fails, how it goes on."""

import hashlib

import pytest

from tests.training.prepare_digits.calls import OUTSIDE, assert_written, fail, mnistm_only, succeed
from tests.training.small_sources import packed
from training.data.digit_sources import SOURCES


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
