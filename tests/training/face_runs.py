"""Finished runs of untrained face networks, and cartoon faces in the course layout: what scores and figures need."""

import csv
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inference.picture import image_grid
from inference.pixels import to_uint8
from models.attribute_classifier import AttributeClassifier
from tests.random_faces import random_faces
from training.data.faces import ATTRIBUTES
from training.synthetic.faces import demo_faces

SETTINGS = {
    "vae": {"kl_weight": 1e-5},
    "gan": {"discriminator_width": 2},
    "acgan": {"discriminator_width": 2},
    "dcgan": {},
    "attribute_classifier": {},
}
EPOCHS = 3


def write_faces(root: Path, train: int = 40, test: int = 30) -> Path:
    """hw3_data/face/{train,test} with their CSVs."""
    for seed, (split, count) in enumerate({"train": train, "test": test}.items()):
        folder = root / "face" / split
        folder.mkdir(parents=True)
        images, attributes = demo_faces(count, seed)
        for row, image in enumerate(images):
            Image.fromarray(image).save(folder / f"{row:05d}.png")
        with open(folder.with_suffix(".csv"), "w", newline="") as file:
            csv.writer(file).writerows(
                [
                    ("image_name", *ATTRIBUTES),
                    *((f"{row:05d}.png", *map(int, values)) for row, values in enumerate(attributes)),
                ]
            )
    return root


def untrained(method: str) -> dict:
    """A checkpoint of random weights."""
    if method != "attribute_classifier":
        return random_faces(method)
    torch.manual_seed(0)
    network = AttributeClassifier(width=2)
    return {
        "method": method,
        "arguments": network.arguments,
        "state": network.state_dict(),
        "seed": 0,
        "validation": {"epoch": 1},
    }


def write_run(run: Path, method: str, **other: float) -> Path:
    """A run folder as training leaves it, with other settings where they are given."""
    settings = SETTINGS[method] | other
    (run / "samples").mkdir(parents=True)
    torch.save(untrained(method) | {"system": method, "settings": settings}, run / "best.pth")
    (run / "settings.json").write_text(json.dumps({"system": method, **settings}))
    names = ("mse", "validation_mse", "kl", "validation_kl", "generator_loss", "discriminator_loss")
    epochs = [{"epoch": epoch, **{name: 1 / epoch for name in names}} for epoch in range(1, EPOCHS + 1)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    for epoch in range(1, EPOCHS + 1):
        noise = np.random.default_rng(epoch).uniform(-1, 1, (32, 3, 64, 64))
        Image.fromarray(image_grid(to_uint8(torch.from_numpy(noise)))).save(run / "samples" / f"{epoch:04d}.png")
    (run / "done").touch()
    return run


def write_runs(folder: Path) -> dict[str, Path]:
    return {method: write_run(folder / method, method) for method in SETTINGS}
