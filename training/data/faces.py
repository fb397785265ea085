"""Reads the course layout of faces: hw3_data/face/<split>/NNNNN.png and <split>.csv beside it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.data.folder_cache import read_folder, split_folder
from training.errors import DataError

SIZE = 64
ATTRIBUTES = (
    "Bangs",
    "Big_Lips",
    "Black_Hair",
    "Blond_Hair",
    "Brown_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Lipstick",
)
VALUES = {"0": False, "0.0": False, "1": True, "1.0": True}


@dataclass(frozen=True)
class FaceImages:
    """images: uint8 N x 3 x 64 x 64; attributes: bool N x 13 in ATTRIBUTES' order; names: N file names."""

    images: Tensor
    attributes: Tensor
    names: Sequence[str]

    def __getitem__(self, rows: Tensor) -> "FaceImages":
        return FaceImages(self.images[rows], self.attributes[rows], [self.names[row] for row in rows.tolist()])

    def to(self, device: torch.device) -> "FaceImages":
        return FaceImages(self.images.to(device), self.attributes.to(device), self.names)


def read_faces(data: Path, split: str) -> FaceImages:
    """A split's images with their attributes, in order of their names.

    Raises DataError naming the folder, or the CSV with the first bad row or the attribute it lacks;
    inference's FolderError where the folder holds no image, UnreadableImage where one does not decode.
    """
    folder = split_folder(Path(data) / "face" / split)
    names, images = read_folder(folder, SIZE)
    return FaceImages(images, read_attributes(folder.with_suffix(".csv"), names), names)


def read_attributes(table: Path, names: Sequence[str]) -> Tensor:
    """The attributes of the named images, bool N x 13, from a CSV with a column for each (CRLF or LF).

    Raises DataError where the file, an attribute or a row is missing, a row repeated or unknown, or
    a value neither 0 nor 1.
    """
    found = {}
    for row, record in enumerate(_records(table), start=2):
        name = record["image_name"]
        if name in found:
            raise DataError(f"{table}, row {row}: {name} has attributes already")
        found[name] = [_value(record[attribute], attribute, f"{table}, row {row}") for attribute in ATTRIBUTES]
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"{table}: no row for {missing[0]} ({len(missing)} of {len(names)} images lack one)")
    if len(found) > len(names):
        stray = min(found.keys() - set(names))
        raise DataError(f"{table}: {stray} has attributes but is not in {table.with_suffix('')}")
    return torch.tensor([found[name] for name in names])


def _records(table: Path):
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            absent = [column for column in ("image_name", *ATTRIBUTES) if column not in (reader.fieldnames or ())]
            if absent:
                raise DataError(f"{table}: the header lacks {', '.join(absent)}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table} cannot be read: {error}") from None


def _value(text: str | None, attribute: str, place: str) -> bool:
    try:
        return VALUES[(text or "").strip()]
    except KeyError:
        raise DataError(f"{place}: {attribute} is {text!r}, neither 0 nor 1") from None
