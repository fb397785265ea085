"""What training sees of a data set, and what is held out of its training split."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from training.data.digits import LabelledImages
from training.settings import RunSettings


@dataclass(frozen=True)
class UnlabelledSplit:
    """Images uint8 N x C x S x S, without labels."""

    training: Tensor
    validation: Tensor

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor]]:
        """An epoch of (images,); none comes twice before all have come."""
        for rows in shuffled_rows(len(self.training), settings, seed):
            yield (self.training[rows.to(self.training.device)],)


@dataclass(frozen=True)
class LabelledSplit:
    """The same with labels."""

    training: LabelledImages
    validation: LabelledImages

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch of (images, labels); none comes twice before all have come."""
        for rows in shuffled_rows(len(self.training.labels), settings, seed):
            rows = rows.to(self.training.labels.device)
            yield self.training.images[rows], self.training.labels[rows]


def held_out_rows(count: int, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """The rows of a training split that are held out, and the rest, both in random order."""
    order = torch.randperm(count, generator=Generator().manual_seed(seed))
    return order.tensor_split([int(share * count)])


def shuffled_rows(total: int, settings: RunSettings, seed: int) -> tuple[Tensor, ...]:
    """The rows of each of an epoch's batches."""
    random = Generator().manual_seed(seed)
    count = settings.images_per_epoch
    passes = [torch.randperm(total, generator=random) for _ in range(-(-count // total))]
    return torch.cat(passes)[:count].split(settings.batch)
