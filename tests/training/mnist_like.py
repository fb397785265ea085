"""A small MNIST look-alike in the course layout."""

import csv
from pathlib import Path

from PIL import Image

from training.synthetic.digits import demo_arrays


def write_mnist(root: Path, train: int = 240, test: int = 60) -> Path:
    """digits/mnist/{train,test} with their CSVs under root."""
    for seed, (split, count) in enumerate({"train": train, "test": test}.items()):
        folder = root / "digits" / "mnist" / split
        folder.mkdir(parents=True)
        images, labels = demo_arrays("mnist", count, seed)
        for row, image in enumerate(images):
            Image.fromarray(image[..., 0]).save(folder / f"{row:05d}.png")
        write_labels(root, split, labels)
    return root


def write_labels(root: Path, split: str, labels) -> None:
    with open(root / "digits" / "mnist" / f"{split}.csv", "w", newline="") as file:
        rows = ((f"{row:05d}.png", label) for row, label in enumerate(labels))
        csv.writer(file).writerows([("image_name", "label"), *rows])
