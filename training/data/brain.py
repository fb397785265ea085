"""Reads slices of brain MRI with tumour masks, split by patient: hw3_data/brain/{images,masks}/NAME.png.

A slice is grey, its mask holds 0 and 255, and the first 12 characters of NAME name the patient. brain_split.csv beside
this file gives every patient one of ten tenths: patients in the order of the SHA-256 of their names, dealt in turn.
Fold k tests on tenths 2k and 2k + 1, validates on the next one, and trains on the other seven.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inference.command import shown
from inference.image_folder import UnreadableImage, list_images, reason
from training.data.folder_cache import split_folder
from training.data.split import shuffled_rows
from training.errors import DataError
from training.settings import RunSettings
from training.synthetic.brain import demo_slices

SIZE = 240
PATIENT = 12  # characters of a file name
TENTHS = 10
FOLDS = 5  # of two tenths each: together they test every patient once
SPLIT = Path(__file__).with_name("brain_split.csv")
SMOKE_PATIENTS, SMOKE_SLICES = 20, 3


@dataclass(frozen=True)
class Slices:
    """images: uint8 N x 1 x 240 x 240; masks: bool N x 1 x 240 x 240; names: N file names, sorted."""

    images: Tensor
    masks: Tensor
    names: tuple[str, ...]

    @property
    def patients(self) -> list[str]:
        return [name[:PATIENT] for name in self.names]

    def of(self, patients: set[str]) -> "Slices":
        """The slices of these patients."""
        rows = [row for row, patient in enumerate(self.patients) if patient in patients]
        return Slices(self.images[rows], self.masks[rows], tuple(self.names[row] for row in rows))

    def to(self, device: torch.device) -> "Slices":
        return Slices(self.images.to(device), self.masks.to(device), self.names)


@dataclass(frozen=True)
class BrainSplit:
    """What training sees, and the patients held out for choices. The test patients are not in it."""

    training: Slices
    validation: Slices

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch of (images uint8, masks bool), N x 1 x 240 x 240 each; no slice comes twice before all have come."""
        for rows in shuffled_rows(len(self.training.names), settings, seed):
            rows = rows.to(self.training.images.device)
            yield self.training.images[rows], self.training.masks[rows]


def load_brain(settings, device: torch.device) -> BrainSplit:
    """Training and validation patients of the settings' fold. Raises DataError naming what is wrong with the data."""
    slices, tenths = smoke_slices() if settings.smoke else (read_slices(settings.data), read_split(SPLIT))
    training, validation, _ = parts(slices, tenths, settings.fold)
    return BrainSplit(training.to(device), validation.to(device))


def parts(slices: Slices, tenths: dict[str, int], fold: int) -> tuple[Slices, Slices, Slices]:
    """Training, validation and test slices of a fold. Raises DataError where it is none of the five."""
    if not 0 <= fold < FOLDS:
        raise DataError(f"there is no fold {fold}: give one from 0 to {FOLDS - 1}")
    for patient in slices.patients:
        if patient not in tenths:
            raise DataError(f"{SPLIT}: no row for the patient {patient}: add one with a tenth from 0 to 9")
    test, validation = {2 * fold, 2 * fold + 1}, {(2 * fold + 2) % TENTHS}
    training = set(range(TENTHS)) - test - validation
    return tuple(
        slices.of({patient for patient, tenth in tenths.items() if tenth in part})
        for part in (training, validation, test)
    )


def read_split(table: Path) -> dict[str, int]:
    """{patient: tenth}. Raises DataError where a patient has two rows or a tenth is none."""
    tenths = {}
    with open(table, newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            patient, tenth = row["patient"], row["tenth"]
            if patient in tenths:
                raise DataError(f"{table}, row {number}: {patient} has a row already, so would be in two parts")
            if tenth not in map(str, range(TENTHS)):
                raise DataError(f"{table}, row {number}: the tenth of {patient} is {tenth!r}, not a digit")
            tenths[patient] = int(tenth)
    return tenths


def read_slices(data: Path) -> Slices:
    """All slices with their masks, in order of their names.

    Raises DataError naming the file where one of a pair is missing, of another size, or wrong in its values;
    inference's FolderError where a folder holds no image, UnreadableImage where one does not decode.
    """
    images, masks = (split_folder(Path(data) / "brain" / name) for name in ("images", "masks"))
    names = list_images(str(images))
    refuse_unpaired(images, masks, names, list_images(str(masks)))
    pixels = np.stack([read_image(images / name) for name in names])
    marks = np.stack([read_mask(masks / name) for name in names])
    return Slices(torch.from_numpy(pixels)[:, None], torch.from_numpy(marks)[:, None], tuple(names))


def refuse_unpaired(images: Path, masks: Path, image_names: list[str], mask_names: list[str]) -> None:
    for folder, other, unpaired in (
        (images, masks, set(image_names) - set(mask_names)),
        (masks, images, set(mask_names) - set(image_names)),
    ):
        if unpaired:
            raise DataError(f"{shown(folder / min(unpaired))} has no partner in {shown(other)}")


def read_image(path: Path) -> np.ndarray:
    """uint8 240 x 240. Raises DataError where nothing is in it but black."""
    pixels = read_grey(path)
    if not pixels.any():
        raise DataError(f"{shown(path)} is all black: remove the slice and its mask")
    return pixels


def read_mask(path: Path) -> np.ndarray:
    """bool 240 x 240. Raises DataError where a pixel is neither 0 nor 255."""
    pixels = read_grey(path)
    other = np.setdiff1d(pixels, (0, 255))
    if other.size:
        raise DataError(f"{shown(path)} holds the value {other[0]}: a mask holds 0 and 255 only")
    return pixels > 0


def read_grey(path: Path) -> np.ndarray:
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            pixels = np.array(image.convert("L"))
    except Exception as error:  # damaged files make Pillow raise OSError, SyntaxError, ValueError and more
        raise UnreadableImage(f"{shown(path)}: {reason(error)}: replace or remove this image") from None
    if pixels.shape != (SIZE, SIZE):
        height, width = pixels.shape
        raise DataError(f"{shown(path)} has {width}x{height} pixels: slices and masks have {SIZE}x{SIZE}")
    return pixels


def smoke_slices() -> tuple[Slices, dict[str, int]]:
    patients = [f"MADE_UP_{number:04d}" for number in range(SMOKE_PATIENTS)]
    images, masks = demo_slices(SMOKE_PATIENTS * SMOKE_SLICES, seed=0)
    names = tuple(f"{patient}_{slice_}.png" for patient in patients for slice_ in range(SMOKE_SLICES))
    slices = Slices(torch.from_numpy(images)[:, None], torch.from_numpy(masks)[:, None], names)
    return slices, {patient: number % TENTHS for number, patient in enumerate(patients)}
