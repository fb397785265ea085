"""Reads the course layout, hw3_data/digits/<domain>/<split>/NNNNN.png and <split>.csv beside it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from inference.image_folder import SIZE
from training.data.folder_cache import read_folder, split_folder
from training.errors import DataError


@dataclass(frozen=True)
class LabelledImages:
    """images: uint8 N x C x S x S; labels: int64 N, in 0..9."""

    images: Tensor
    labels: Tensor

    def __getitem__(self, rows: Tensor) -> "LabelledImages":
        return LabelledImages(self.images[rows], self.labels[rows])

    def to(self, device: torch.device) -> "LabelledImages":
        return LabelledImages(self.images.to(device), self.labels.to(device))


def read_images(data: Path, domain: str, split: str) -> Tensor:
    """A split's images, uint8 N x 3 x 28 x 28 in order of their names. Opens no label file.

    Raises DataError where the folder is missing, and inference's FolderError where it holds no
    image, UnreadableImage where one does not decode.
    """
    return read_folder(_split_folder(data, domain, split), SIZE)[1]


def read_labelled(data: Path, domain: str, split: str) -> LabelledImages:
    """A split's images with the labels of its CSV. Raises DataError naming the first bad row."""
    folder = _split_folder(data, domain, split)
    names, images = read_folder(folder, SIZE)
    return LabelledImages(images, read_labels(folder.with_suffix(".csv"), names))


def read_labels(table: Path, names: Sequence[str]) -> Tensor:
    """The labels of the named images, int64 N in 0..9, from a CSV `image_name,label` (CRLF or LF).

    Raises DataError where the file or a row is missing, repeated, unknown or no digit.
    """
    labels = {}
    for row, (name, label) in enumerate(_rows(table), start=2):
        if name in labels:
            raise DataError(f"{table}, row {row}: {name} has a label already")
        if not (len(label) == 1 and label in "0123456789"):
            raise DataError(f"{table}, row {row}: label {label!r} of {name} is not a digit 0 to 9")
        labels[name] = int(label)
    missing = [name for name in names if name not in labels]
    if missing:
        raise DataError(f"{table}: no row for {missing[0]} ({len(missing)} of {len(names)} images lack one)")
    if len(labels) > len(names):
        stray = (labels.keys() - set(names)).pop()
        raise DataError(f"{table}: {stray} has a label but is not in {table.with_suffix('')}")
    return torch.tensor([labels[name] for name in names])


def _split_folder(data: Path, domain: str, split: str) -> Path:
    return split_folder(Path(data) / "digits" / domain / split)


def _rows(table: Path):
    """Pairs (image_name, label) of a CSV with that header."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != ["image_name", "label"]:
                raise DataError(f"{table}: the header is {reader.fieldnames}, not image_name,label")
            for row in reader:
                yield row["image_name"], (row["label"] or "").strip()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table} cannot be read: {error}") from None
