"""The reader of faces, on folders as the course has them and as they should not be."""

import pytest
import torch
from PIL import Image

from inference.image_folder import UnreadableImage
from training.data.faces import ATTRIBUTES, read_faces
from training.data.folder_cache import DataError

HEADER = "image_name," + ",".join(ATTRIBUTES)
ROWS = [
    f"{number:05d}.png," + ",".join("1.0" if column % 3 == number else "0.0" for column in range(13))
    for number in range(3)
]


@pytest.fixture
def data(tmp_path):
    """Three images and a CSV with CRLF line ends."""
    folder = tmp_path / "face" / "train"
    folder.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (64, 64), (number, 50, 100)).save(folder / f"{number:05d}.png")
    write(tmp_path, HEADER, *ROWS)
    return tmp_path


def write(data, *lines):
    (data / "face" / "train.csv").write_text("".join(f"{line}\r\n" for line in lines), newline="")


def test_images_and_attributes_in_order_of_names(data):
    write(data, HEADER, *reversed(ROWS))
    faces = read_faces(data, "train")
    assert faces.images.shape == (3, 3, 64, 64) and faces.images.dtype == torch.uint8
    assert faces.images[:, :, 9, 9].tolist() == [[0, 50, 100], [1, 50, 100], [2, 50, 100]]
    assert faces.attributes.dtype == torch.bool
    assert faces.attributes.tolist() == [[column % 3 == number for column in range(13)] for number in range(3)]
    assert faces.names == ["00000.png", "00001.png", "00002.png"]


def test_columns_are_found_by_name(data):
    names, values = HEADER.split(","), ROWS[1].split(",")
    write(data, ",".join(reversed(names)), *(",".join(reversed(row.split(","))) for row in ROWS))
    assert read_faces(data, "train").attributes[1].tolist() == [value == "1.0" for value in values[1:]]


def test_whole_numbers_are_read_too(data):
    write(data, HEADER, *(row.replace(".0", "") for row in ROWS))
    assert read_faces(data, "train").attributes[0, 0]


def test_other_sizes_become_64(data):
    Image.new("L", (178, 218), 7).save(data / "face" / "train" / "00001.png")
    assert read_faces(data, "train").images[1].unique().tolist() == [7]


@pytest.mark.parametrize(
    "lines, complaint",
    [
        ([HEADER.replace(",Smiling", ""), *ROWS], "the header lacks Smiling"),
        (["name;Smiling"], "the header lacks image_name, Bangs"),
        ([], "the header lacks image_name"),
        ([HEADER, *ROWS[:2]], "no row for 00002.png"),
        ([HEADER, *ROWS, ROWS[0]], "row 5: 00000.png has attributes already"),
        ([HEADER, *ROWS, ROWS[0].replace("00000", "00077")], "00077.png has attributes but is not in"),
        ([HEADER, ROWS[0], ROWS[1].replace("1.0", "0.5", 1), ROWS[2]], "row 3: Big_Lips is '0.5'"),
        ([HEADER, ROWS[0], "00001.png,1.0", ROWS[2]], "row 3: Big_Lips is None"),
        ([HEADER, ROWS[0].replace("0.0", "-1", 1), *ROWS[1:]], "row 2: Big_Lips is '-1'"),
    ],
)
def test_bad_table_is_named(data, lines, complaint):
    write(data, *lines)
    with pytest.raises(DataError, match="train.csv") as error:
        read_faces(data, "train")
    assert complaint in str(error.value) and "\n" not in str(error.value)


def test_broken_image_is_named(data):
    (data / "face" / "train" / "00001.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImage, match="00001.png"):
        read_faces(data, "train")


def test_missing_folder_and_table_are_named(data):
    with pytest.raises(DataError, match="test"):
        read_faces(data, "test")
    (data / "face" / "train.csv").unlink()
    with pytest.raises(DataError, match="train.csv"):
        read_faces(data, "train")
