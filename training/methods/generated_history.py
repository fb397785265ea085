"""What a generator has drawn in earlier steps, to be learned from again."""

import torch
from torch import Tensor, nn

from training.augment.images import signed, to_bytes


class GeneratedHistory(nn.Module):
    """The last images and their labels, as many as fit. A module, so that a resumed run has them too.

    Shrivastava et al., "Learning from simulated and unsupervised images through adversarial training", 2017, show a
    discriminator a generator's earlier images; here a classifier sees them.
    """

    def __init__(self, capacity: int, size: int):
        super().__init__()
        self.register_buffer("images", torch.zeros((capacity, 3, size, size), dtype=torch.uint8))
        self.register_buffer("labels", torch.zeros(capacity, dtype=torch.int64))
        self.register_buffer("added", torch.tensor(0))

    def add(self, images: Tensor, labels: Tensor) -> None:
        """Float images N x 3 x S x S in [-1, 1] and labels N take the places of the oldest."""
        places = (self.added + torch.arange(len(labels), device=labels.device)) % len(self.labels)
        self.images[places] = to_bytes(images)
        self.labels[places] = labels
        self.added += len(labels)

    def draw(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images count x 3 x S x S in [-1, 1] and labels, any of those held as likely as any other."""
        held = min(self.added.item(), len(self.labels))
        rows = torch.randint(held, (count,), generator=random, device=self.labels.device)
        return signed(self.images[rows]), self.labels[rows]
