"""Made photographs in the layouts of CIFAR-10 and STL-10, and short runs on them."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.cifar10 import CLASSES
from training.loop import train
from training.synthetic.photos import demo_photos
from training.systems import SYSTEMS


def write_folders(root: Path, images_per_class: int = 4) -> Path:
    """root/cifar10/{train,test}/<class>/NNNN.png."""
    for seed, split in enumerate(("train", "test")):
        images, labels = demo_photos(10 * images_per_class, 32, seed)
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            folder = root / "cifar10" / split / CLASSES[label]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / f"{number:04d}.png")
    return root


def write_batch(file: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """One of CIFAR-10's Python files: a row an image, all red, then all green, then all blue."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    file.write_bytes(pickle.dumps({"data": rows, "labels": labels.tolist()}))


def write_stl10(root: Path, images_per_class: int = 4) -> Path:
    """root/stl10_binary: each colour of an image column by column."""
    folder = root / "stl10_binary"
    folder.mkdir(parents=True)
    for seed, split in enumerate(("train", "test", "unlabeled")):
        images, labels = demo_photos(10 * images_per_class, 96, seed)
        images.transpose(0, 3, 2, 1).tofile(folder / f"{split}_X.bin")
        if split != "unlabeled":
            (labels + 1).astype(np.uint8).tofile(folder / f"{split}_y.bin")
    (folder / "fold_indices.txt").write_text("3 1 20 \n0 5 7 \n")
    (folder / "class_names.txt").write_text("".join(f"{name}\n" for name in CLASSES))
    return root


def short_run(row: str, data: Path, out: Path, **changes) -> Path:
    """Two epochs of two steps on made files."""
    numbers = dict(epochs=2, steps_per_epoch=2, batch=10, bf16=False) | changes
    train(SYSTEMS[row], dataclasses.replace(SYSTEMS[row].settings, out=out, data=data, device="cpu", **numbers))
    return out
