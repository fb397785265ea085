"""Stages images for a run: copies that tell nothing but their pixels.

Labels stay behind, and all copies have the same times, so neither a file's age nor its inode says
where it came from. The second run's copies have other names in another order.
"""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from grading.folders import process_folder

SUFFIXES = (".png", ".jpg", ".jpeg")
DECOYS = 16
SOME_TIME = 1_600_000_000  # September 2020


class Staged(NamedTuple):
    folder: Path
    originals: dict[str, str]  # staged name -> name in the data


def image_names(folder: Path) -> list[str]:
    """Sorted. Raises OSError where the folder cannot be listed."""
    return sorted(name for name in os.listdir(folder) if name.lower().endswith(SUFFIXES) and not name.startswith("."))


def second_names(names: list[str], seed: int) -> dict[str, str]:
    """New name -> old name: the names change hands, so scripts that expect such names still work."""
    return {new: names[old] for new, old in zip(names, other_order(len(names), seed))}


def other_order(count: int, seed: int) -> list[int]:
    """A shuffled circle, so that no name keeps its image."""
    circle = np.random.Generator(np.random.PCG64(seed)).permutation(count)
    order = np.empty(count, dtype=int)
    order[circle] = np.roll(circle, 1)
    return order.tolist()


@cache
def staged(source: Path, seed: int | None = None) -> Staged:
    """Copies of the folder's images, made once a process; with a seed for the second run."""
    names = image_names(source)
    originals = dict(zip(names, names)) if seed is None else second_names(names, seed)
    folder = Path(tempfile.mkdtemp(dir=process_folder()))
    for name, original in originals.items():
        shutil.copyfile(source / original, folder / name)
        (folder / name).chmod(0o644)
        os.utime(folder / name, (SOME_TIME, SOME_TIME))
    folder.chmod(0o755)
    return Staged(folder, originals)


@cache
def decoys() -> Path:
    """A folder of noise: all that a run with network sees."""
    folder = Path(tempfile.mkdtemp(dir=process_folder()))
    noise = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (DECOYS, 28, 28, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number:05}.png")
    folder.chmod(0o755)
    return folder
