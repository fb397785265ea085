"""Reads a folder of images once: later readings come from a cache beside it.

The cache is used as long as the folder holds the same files with the same sizes and times.
"""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.image_folder import decode_batch, list_images
from training.errors import DataError


def split_folder(folder: Path) -> Path:
    """The folder itself. Raises DataError where it is none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: see docs/data.md for how to make it")
    return folder


def read_folder(folder: Path, size: int) -> tuple[list[str], Tensor]:
    """A folder's file names, sorted, and its images, uint8 N x 3 x size x size."""
    names = list_images(str(folder))
    fingerprint = _fingerprint(folder, names)
    cache = folder.with_name(f".{folder.name}.{size}.cache.npz")
    images = _from_cache(cache, fingerprint)
    if images is None:
        images = decode_batch(str(folder), names, size)
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
