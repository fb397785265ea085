"""Reads prepared endoscopy pictures: hw3_data/processed/{normal,polyp}/NAME.png.

In the order of the SHA-256 of their names, the first fifth is the test split, which training never opens; the next
eight in a hundred are held out for choices. Of 850 polyps, 170 test, 68 validate and 612 train.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.data.folder_cache import read_folder, split_folder
from training.data.split import shuffled_rows
from training.settings import RunSettings
from training.synthetic.endoscopy import demo_endoscopy

SIZE = 96
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.08
SMOKE_PICTURES = 100  # more training pictures than 64 numbers have components


@dataclass(frozen=True)
class Pictures:
    """images: uint8 N x 3 x 96 x 96; names: N file names."""

    images: Tensor
    names: tuple[str, ...]

    def __getitem__(self, rows: slice | list[int]) -> "Pictures":
        names = self.names[rows] if isinstance(rows, slice) else tuple(self.names[row] for row in rows)
        return Pictures(self.images[rows], names)

    def to(self, device: torch.device) -> "Pictures":
        return Pictures(self.images.to(device), self.names)


@dataclass(frozen=True)
class EndoscopySplit:
    """What training sees, and the part that is held out for choices. The test pictures are not in it."""

    training: Pictures
    validation: Pictures

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor]]:
        """An epoch of (images uint8 N x 3 x 96 x 96,); no picture comes twice before all have come."""
        for rows in shuffled_rows(len(self.training.names), settings, seed):
            rows = rows.to(self.training.images.device)
            yield (self.training.images[rows],)


def load_endoscopy(settings, device: torch.device) -> EndoscopySplit:
    """Training and validation pictures of the settings' kind."""
    pictures = smoke_pictures() if settings.smoke else read_pictures(settings.data, settings.kind)
    training, validation, _ = parts(pictures)
    return EndoscopySplit(training.to(device), validation.to(device))


def read_pictures(data: Path, kind: str) -> Pictures:
    """All prepared pictures of a kind, "polyp" or "normal". Raises DataError where there is no such folder."""
    names, images = read_folder(split_folder(Path(data) / "processed" / kind), SIZE)
    return Pictures(images, tuple(names))


def parts(pictures: Pictures) -> tuple[Pictures, Pictures, Pictures]:
    """Training, validation and test pictures: fixed by the names, so the same for every run."""
    names = pictures.names
    order = sorted(range(len(names)), key=lambda row: hashlib.sha256(names[row].encode()).hexdigest())
    test, validation = round(TEST_SHARE * len(names)), round(VALIDATION_SHARE * len(names))
    return pictures[order[test + validation :]], pictures[order[test : test + validation]], pictures[order[:test]]


def smoke_pictures() -> Pictures:
    images = torch.from_numpy(demo_endoscopy(SMOKE_PICTURES, seed=0)).permute(0, 3, 1, 2).contiguous()
    return Pictures(images, tuple(f"{row:05d}.png" for row in range(SMOKE_PICTURES)))
