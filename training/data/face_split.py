"""What the face methods train on: the training split, a part of it held out."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from training.data.faces import FaceImages, read_faces
from training.settings import RunSettings
from training.synthetic.faces import demo_faces

VALIDATION_SHARE = 0.05  # of the training split: 631 faces
VALIDATION_SEED = 20202  # the same split for every run, whatever its seed
SMOKE_IMAGES = 300  # more than the VAE's principal components


@dataclass(frozen=True)
class FaceSplit:
    """What training sees, and the part of the training split that is held out."""

    training: FaceImages
    validation: FaceImages

    def batches(self, settings: RunSettings, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch of (images uint8 N x 3 x 64 x 64, attributes bool N x 13); no face twice before all have come."""
        random = Generator().manual_seed(seed)
        count, total = settings.images_per_epoch, len(self.training.names)
        passes = [torch.randperm(total, generator=random) for _ in range(-(-count // total))]
        for rows in torch.cat(passes)[:count].to(self.training.images.device).split(settings.batch):
            yield self.training.images[rows], self.training.attributes[rows]


def load_faces(settings: RunSettings, device: torch.device) -> FaceSplit:
    """Reads the training split onto the device, and holds a part of it out."""
    faces = smoke_faces() if settings.smoke else read_faces(settings.data, "train")
    order = torch.randperm(len(faces.names), generator=Generator().manual_seed(VALIDATION_SEED))
    held_out, others = order.tensor_split([int(VALIDATION_SHARE * len(order))])
    return FaceSplit(faces[others].to(device), faces[held_out].to(device))


def smoke_faces() -> FaceImages:
    images, attributes = demo_faces(SMOKE_IMAGES, seed=0)
    names = [f"{row:05d}.png" for row in range(SMOKE_IMAGES)]
    return FaceImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(attributes), names)
