"""Reads CIFAR-10 from torchvision's files, or from folders: cifar10/<split>/<class>/NAME.png.

A part of the training split is held out: it chooses the epoch and the temperature, and the test split chooses nothing.
"""

from pathlib import Path

import torch
from torch import Tensor

from inference.command import shown
from inference.image_folder import list_images
from training.data.digits import LabelledImages
from training.data.folder_cache import read_folder, split_folder
from training.data.split import LabelledSplit, held_out_rows
from training.errors import DataError
from training.settings import RunSettings
from training.synthetic.photos import demo_photos

SIZE = 32
TORCHVISION_FOLDER = "cifar-10-batches-py"  # as the published archive unpacks
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")  # official order
VALIDATION_SHARE = 1 / 20  # of the training split: 1,250 of 25,000 images
VALIDATION_SEED = 20203  # the same split for every run, whatever its seed
SMOKE_IMAGES = 200


def load_cifar10(settings: RunSettings, device: torch.device) -> LabelledSplit:
    """The training split, a part of it held out. Raises what `read_cifar10` raises."""
    return held_out(smoke_photos() if settings.smoke else read_cifar10(settings.data, "train"), device)


def held_out(photos: LabelledImages, device: torch.device) -> LabelledSplit:
    validation, training = held_out_rows(len(photos.labels), VALIDATION_SHARE, VALIDATION_SEED)
    return LabelledSplit(photos[training].to(device), photos[validation].to(device))


def read_cifar10(data: Path, split: str) -> LabelledImages:
    """A split's images, uint8 N x 3 x 32 x 32, and labels 0 to 9: torchvision's files where they are, else folders.

    Raises DataError where a class has no folder, a folder is no class, or torchvision's files are incomplete;
    inference's FolderError where a folder holds no image, UnreadableImage where one does not decode.
    """
    if (Path(data) / TORCHVISION_FOLDER).is_dir():
        return read_torchvision(data, split)
    return read_class_folders(Path(data) / "cifar10" / split)


def read_torchvision(data: Path, split: str) -> LabelledImages:
    """torchvision compares each file's MD5 with the official one before it opens the file."""
    from torchvision.datasets import CIFAR10  # takes seconds: not for commands that do without

    try:
        photos = CIFAR10(data, train=split == "train")
    except RuntimeError:
        raise DataError(
            f"{shown(Path(data) / TORCHVISION_FOLDER)} is incomplete or damaged: unpack cifar-10-python.tar.gz again"
        ) from None
    return LabelledImages(pixels(torch.from_numpy(photos.data)), torch.tensor(photos.targets))


def pixels(images: Tensor) -> Tensor:
    """N x H x W x C -> N x C x H x W."""
    return images.permute(0, 3, 1, 2).contiguous()


def read_class_folders(root: Path) -> LabelledImages:
    folders = [split_folder(root / name) for name in CLASSES]
    for folder in root.iterdir():
        if folder.is_dir() and folder.name not in CLASSES:
            raise DataError(f"{shown(folder)} is no class of CIFAR-10: the folders are {', '.join(CLASSES)}")
    for folder in folders:
        list_images(str(folder))  # an empty one is named before the first image is decoded
    images = [read_folder(folder, SIZE)[1] for folder in folders]
    labels = torch.arange(len(CLASSES)).repeat_interleave(torch.tensor([len(part) for part in images]))
    return LabelledImages(torch.cat(images), labels)


def smoke_photos() -> LabelledImages:
    images, labels = demo_photos(SMOKE_IMAGES, SIZE)
    return LabelledImages(pixels(torch.from_numpy(images)), torch.from_numpy(labels))
