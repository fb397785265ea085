"""What the loop asks of the digit methods: source and target, their batches, validation, checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from training.drawing.curves import draw_run
from training.synthetic.digits import demo_arrays
from training.data.digits import LabelledImages, read_images, read_labelled
from training.measures.label_free import mean_entropy
from training.settings import Settings

VALIDATION_SHARE = 0.1   # of the source's training split
VALIDATION_SEED = 20201  # the same split for every run, whatever its seed
UNLABELLED = 5000        # target images in an epoch's measures: a share's standard error is then 0.7 points at most
SMOKE_IMAGES = 200


@dataclass(frozen=True)
class Data:
    """What training sees: labelled source, a held-out part of it, and the target without labels."""

    source: LabelledImages
    validation: LabelledImages
    target: Tensor


def load(settings: Settings, device: torch.device) -> Data:
    """Reads source and target onto the device, and holds a part of the source out."""
    if settings.smoke:
        labelled, target = smoke_images(settings.source), smoke_images(settings.target).images
    else:
        labelled = read_labelled(settings.data, settings.source, "train")
        target = read_images(settings.data, settings.target, "train")
    order = torch.randperm(len(labelled.labels), generator=Generator().manual_seed(VALIDATION_SEED))
    held_out, kept = order.tensor_split([int(VALIDATION_SHARE * len(order))])
    return Data(labelled[kept].to(device), labelled[held_out].to(device), target.to(device))


def smoke_images(domain: str) -> LabelledImages:
    images, labels = demo_arrays(domain, SMOKE_IMAGES, seed=0)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))


def start(method, data: Data) -> None:
    """Digit methods start from random weights."""


def batches(data: Data, settings: Settings, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """An epoch of (source images, source labels, target images), classes of the source balanced."""
    generator = Generator().manual_seed(seed)
    labels = data.source.labels.cpu()
    weights = 1 / torch.bincount(labels, minlength=10)[labels].float()
    count = settings.steps_per_epoch * settings.batch
    source_rows = torch.multinomial(weights, count, replacement=True, generator=generator)
    target_rows = torch.randint(len(data.target), (count,), generator=generator)
    for rows, target in zip(source_rows.split(settings.batch), target_rows.split(settings.batch), strict=True):
        rows, target = rows.to(data.target.device), target.to(data.target.device)
        yield data.source.images[rows], data.source.labels[rows], data.target[target]


def validate(method, data: Data) -> dict[str, float]:
    """Accuracy in percent on held-out source digits augmented as in training, and what the target's
    unlabelled images show: mean confidence in percent, entropy in nats."""
    method.seed(VALIDATION_SEED)  # the same distortions every epoch, or luck would choose among epochs
    method.end_epoch(data.source.images, data.target)
    rows = torch.arange(len(data.validation.images), device=data.target.device) % len(data.target)
    images = method.augmented_source(data.validation.images, data.target[rows])
    correct = method.predict_source(images).argmax(1) == data.validation.labels
    probabilities = method.predict(data.target[:UNLABELLED]).softmax(1)
    return {"validation_accuracy": 100 * correct.float().mean().item(),
            "target_confidence": 100 * probabilities.amax(1).mean().item(), "target_entropy": mean_entropy(probabilities)}


def check(metrics: dict[str, float]) -> None:
    """Nothing an epoch shows stops a digit method: its labels keep it from collapsing."""


def checkpoint(method) -> dict:
    """What inference needs besides the settings: the network that predicts."""
    state = {name: value.cpu().contiguous() for name, value in method.predictor.state_dict().items()}
    return {"source": method.settings.source, "target": method.settings.target,
            "arguments": method.predictor.arguments, "state": state}


def draw(method, epochs: list[dict], file: Path) -> None:
    draw_run(epochs, file, f"{method.name}, {method.settings.source} → {method.settings.target}")
