"""What adaptation trains on: a labelled source domain, a part of it held out, and an unlabelled target domain."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from training.data.digits import LabelledImages, read_images, read_labelled
from training.settings import DigitSettings
from training.synthetic.digits import demo_arrays

VALIDATION_SHARE = 0.1   # of the source's training split
VALIDATION_SEED = 20201  # the same split for every run, whatever its seed
SMOKE_IMAGES = 200


@dataclass(frozen=True)
class DomainPair:
    """What adaptation sees: labelled source, a held-out part of it, and the target without labels."""

    source: LabelledImages
    validation: LabelledImages
    target: Tensor

    def batches(self, settings: DigitSettings, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """An epoch of (source images, source labels, target images), classes of the source balanced."""
        generator = Generator().manual_seed(seed)
        labels = self.source.labels.cpu()
        weights = 1 / torch.bincount(labels, minlength=10)[labels].float()
        count = settings.steps_per_epoch * settings.batch
        source_rows = torch.multinomial(weights, count, replacement=True, generator=generator)
        target_rows = torch.randint(len(self.target), (count,), generator=generator)
        for rows, target in zip(source_rows.split(settings.batch), target_rows.split(settings.batch), strict=True):
            rows, target = rows.to(self.target.device), target.to(self.target.device)
            yield self.source.images[rows], self.source.labels[rows], self.target[target]


def load_domains(settings: DigitSettings, device: torch.device) -> DomainPair:
    """Reads source and target onto the device, and holds a part of the source out."""
    if settings.smoke:
        labelled, target = smoke_digits(settings.source), smoke_digits(settings.target).images
    else:
        labelled = read_labelled(settings.data, settings.source, "train")
        target = read_images(settings.data, settings.target, "train")
    order = torch.randperm(len(labelled.labels), generator=Generator().manual_seed(VALIDATION_SEED))
    held_out, kept = order.tensor_split([int(VALIDATION_SHARE * len(order))])
    return DomainPair(labelled[kept].to(device), labelled[held_out].to(device), target.to(device))


def smoke_digits(domain: str) -> LabelledImages:
    images, labels = demo_arrays(domain, SMOKE_IMAGES, seed=0)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))
