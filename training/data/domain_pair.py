"""What adaptation trains on: a labelled source domain, a part of it held out, and an unlabelled target domain."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from training.data.digits import LabelledImages, read_images
from training.data.labelled_domain import balanced_rows, load_source, smoke_digits
from training.settings import DigitSettings


@dataclass(frozen=True)
class DomainPair:
    """What adaptation sees: labelled source, a held-out part of it, and the target without labels."""

    source: LabelledImages
    validation: LabelledImages
    target: Tensor

    def batches(self, settings: DigitSettings, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """An epoch of (source images, source labels, target images), classes of the source balanced."""
        random = Generator().manual_seed(seed)
        count = settings.images_per_epoch
        source_rows = balanced_rows(self.source.labels, count, random)
        target_rows = torch.randint(len(self.target), (count,), generator=random)
        for rows, target in zip(source_rows.split(settings.batch), target_rows.split(settings.batch), strict=True):
            rows, target = rows.to(self.target.device), target.to(self.target.device)
            yield self.source.images[rows], self.source.labels[rows], self.target[target]


def load_domains(settings: DigitSettings, device: torch.device) -> DomainPair:
    """Reads source and target onto the device, and holds a part of the source out."""
    source = load_source(settings, device)
    if settings.smoke:
        target = smoke_digits(settings.target).images
    else:
        target = read_images(settings.data, settings.target, "train")
    return DomainPair(source.training, source.validation, target.to(device))
