"""Reads the course layout: hw3_data/digits/<domain>/<split>/NNNNN.png and <split>.csv beside it.

Images live in memory as uint8. The first reading of a folder leaves a cache beside it, which is
used again as long as the folder holds the same files with the same sizes and times.
"""

import csv
import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.image_folder import decode_batch, list_images


class DataError(Exception):
    """The data folder is not as the course describes it; the message says which file and why."""


@dataclass(frozen=True)
class LabelledImages:
    """images: uint8 N x 3 x 28 x 28; labels: int64 N, in 0..9."""

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
    return _read_folder(_split_folder(data, domain, split))[1]


def read_labelled(data: Path, domain: str, split: str) -> LabelledImages:
    """A split's images with the labels of its CSV. Raises DataError naming the first bad row."""
    folder = _split_folder(data, domain, split)
    names, images = _read_folder(folder)
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
    folder = Path(data) / "digits" / domain / split
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: see README.md, \"Data\", for how to make it")
    return folder


def _rows(table: Path):
    """Pairs (image_name, label) of a CSV with that header."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != ["image_name", "label"]:
                raise DataError(f"{table}: the header is {reader.fieldnames}, not image_name,label")
            for row in reader:
                yield row["image_name"], (row["label"] or "").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{table} cannot be read: {error}") from None


def _read_folder(folder: Path) -> tuple[list[str], Tensor]:
    names = list_images(str(folder))
    fingerprint = _fingerprint(folder, names)
    cache = folder.with_name(f".{folder.name}.cache.npz")
    images = _from_cache(cache, fingerprint)
    if images is None:
        images = decode_batch(str(folder), names)
        _to_cache(cache, fingerprint, images)
    return names, torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def _fingerprint(folder: Path, names: list[str]) -> str:
    """Changes when an image is added, removed, renamed or written."""
    digest = hashlib.sha256()
    for name in names:
        status = os.stat(folder / name)
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _from_cache(cache: Path, fingerprint: str) -> np.ndarray | None:
    try:
        with np.load(cache, allow_pickle=False) as stored:
            return stored["images"] if str(stored["fingerprint"]) == fingerprint else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # none yet, or one cut short: the images are read again


def _to_cache(cache: Path, fingerprint: str, images: np.ndarray) -> None:
    part = cache.with_name(f"{cache.name}.{os.getpid()}.part.npz")
    try:
        np.savez(part, fingerprint=fingerprint, images=images)
        os.replace(part, cache)
    except OSError:  # a read-only or full data folder only costs time
        part.unlink(missing_ok=True)
