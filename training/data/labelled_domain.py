"""What a classifier of one domain trains on: its labelled images, a part of them held out."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from training.data.digits import LabelledImages, read_labelled
from training.data.split import held_out_rows
from training.settings import DigitSettings
from training.synthetic.digits import demo_arrays

VALIDATION_SHARE = 0.1  # of the training split
VALIDATION_SEED = 20201  # the same split for every run, whatever its seed
SMOKE_IMAGES = 100


@dataclass(frozen=True)
class LabelledDomain:
    """Labelled images of one domain, and a held-out part of them."""

    training: LabelledImages
    validation: LabelledImages

    def batches(self, settings: DigitSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch of (images, labels), classes balanced."""
        count = settings.images_per_epoch
        for rows in balanced_rows(self.training.labels, count, Generator().manual_seed(seed)).split(settings.batch):
            batch = self.training[rows.to(self.training.images.device)]
            yield batch.images, batch.labels


def balanced_rows(labels: Tensor, count: int, random: Generator) -> Tensor:
    """Numbers of `count` rows on the CPU, every class as likely as any other."""
    labels = labels.cpu()
    weights = 1 / torch.bincount(labels, minlength=10)[labels].float()
    return torch.multinomial(weights, count, replacement=True, generator=random)


def load_source(settings: DigitSettings, device: torch.device) -> LabelledDomain:
    """Reads the source onto the device, and holds a part of it out. Opens nothing of the target."""
    if settings.smoke:
        labelled = smoke_digits(settings.source)
    else:
        labelled = read_labelled(settings.data, settings.source, "train")
    held_out, others = held_out_rows(len(labelled.labels), VALIDATION_SHARE, VALIDATION_SEED)
    return LabelledDomain(labelled[others].to(device), labelled[held_out].to(device))


def smoke_digits(domain: str) -> LabelledImages:
    images, labels = demo_arrays(domain, SMOKE_IMAGES, seed=0)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))
