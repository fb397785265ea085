"""The reader of the course layout, on folders as the course has them and as they should not be."""

import os

import numpy as np
import pytest
from PIL import Image

from inference.image_folder import FolderError, UnreadableImage
from training.data.digits import DataError, read_images, read_labelled

CRLF = "image_name,label\r\n00000.png,3\r\n00001.png,0\r\n00002.png,9\r\n"


@pytest.fixture
def data(tmp_path):
    """Three grey images of different sizes and a CSV with CRLF line ends."""
    folder = tmp_path / "digits" / "usps" / "train"
    folder.mkdir(parents=True)
    for number, size in enumerate([(28, 28), (16, 16), (40, 20)]):
        Image.new("L", size, 50 * number).save(folder / f"{number:05d}.png")
    (folder.parent / "train.csv").write_text(CRLF, newline="")
    return tmp_path


def image(data, number):
    return data / "digits" / "usps" / "train" / f"{number:05d}.png"


def test_any_size_and_mode_becomes_uint8_colour_in_order_of_names(data):
    Image.new("RGB", (28, 28), (1, 2, 3)).save(image(data, 3))
    images = read_images(data, "usps", "train")
    assert images.shape == (4, 3, 28, 28)
    assert images.dtype.itemsize == 1
    assert images[:, :, 5, 5].tolist() == [[0] * 3, [50] * 3, [100] * 3, [1, 2, 3]]


def test_labels_of_a_crlf_table(data):
    assert read_labelled(data, "usps", "train").labels.tolist() == [3, 0, 9]


def test_labels_follow_names_not_rows(data):
    header, *rows = CRLF.splitlines(keepends=True)
    (data / "digits/usps/train.csv").write_text(header + "".join(reversed(rows)), newline="")
    assert read_labelled(data, "usps", "train").labels.tolist() == [3, 0, 9]


def test_second_reading_opens_no_image(data):
    first = read_images(data, "usps", "train")
    status = os.stat(image(data, 0))
    image(data, 0).write_bytes(b"x" * status.st_size)
    os.utime(image(data, 0), ns=(status.st_atime_ns, status.st_mtime_ns))
    assert read_images(data, "usps", "train").equal(first)


def overwrite(data):
    Image.new("L", (28, 28), 99).save(image(data, 0))


def swap(data):
    spare = image(data, 9)
    os.replace(image(data, 0), spare)
    os.replace(image(data, 2), image(data, 0))
    os.replace(spare, image(data, 2))


@pytest.mark.parametrize(
    "change", [overwrite, swap, lambda data: image(data, 2).unlink()], ids=["overwrite", "swap", "remove"]
)
def test_cache_notices_a_changed_folder(data, change):
    before = read_images(data, "usps", "train")
    change(data)
    after = read_images(data, "usps", "train")
    assert not np.array_equal(before, after)
    assert len(after) == sum(1 for _ in image(data, 0).parent.glob("*.png"))


def test_damaged_cache_is_made_anew(data):
    images = read_images(data, "usps", "train")
    cache = data / "digits/usps/.train.28.cache.npz"
    cache.write_bytes(cache.read_bytes()[:300])
    assert read_images(data, "usps", "train").equal(images)


@pytest.mark.parametrize(
    "table, complaint",
    [
        (CRLF.replace("00001.png,0\r\n", ""), "no row for 00001.png"),
        (CRLF + "00002.png,9\r\n", "row 5: 00002.png has a label already"),
        (CRLF.replace("0001.png,0", "0001.png,"), "row 3: label '' of 00001.png"),
        (CRLF.replace("0001.png,0", "0001.png,10"), "row 3: label '10' of 00001.png"),
        (CRLF.replace("0001.png,0", "0001.png,7.0"), "row 3: label '7.0' of 00001.png"),
        (CRLF + "00077.png,1\r\n", "00077.png has a label but is not in"),
        ("name;label\n", "the header is"),
        ("", "the header is None"),
        (CRLF + '"' + 200_000 * "1", "field larger than field limit"),
    ],
)
def test_bad_table_is_named(data, table, complaint):
    (data / "digits/usps/train.csv").write_text(table, newline="")
    with pytest.raises(DataError, match="train.csv") as error:
        read_labelled(data, "usps", "train")
    assert complaint in str(error.value)


def test_missing_table_is_named_and_images_are_read_without_it(data):
    (data / "digits/usps/train.csv").unlink()
    assert len(read_images(data, "usps", "train")) == 3
    with pytest.raises(DataError, match="train.csv"):
        read_labelled(data, "usps", "train")


def test_broken_image_is_named(data):
    image(data, 1).write_bytes(b"no image")
    with pytest.raises(UnreadableImage, match="00001.png"):
        read_images(data, "usps", "train")


def test_missing_and_empty_folders_are_named(data):
    with pytest.raises(DataError, match="svhn"):
        read_images(data, "svhn", "train")
    (data / "digits/usps/test").mkdir()
    with pytest.raises(FolderError, match="test"):
        read_images(data, "usps", "test")
