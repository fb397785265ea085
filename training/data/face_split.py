"""What the face methods train on: the training split, a part of it held out."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from training.data.faces import FaceImages, read_faces
from training.data.split import held_out_rows, shuffled_rows
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
        for rows in shuffled_rows(len(self.training.names), settings, seed):
            rows = rows.to(self.training.images.device)
            yield self.training.images[rows], self.training.attributes[rows]


def load_faces(settings: RunSettings, device: torch.device) -> FaceSplit:
    """Reads the training split onto the device, and holds a part of it out."""
    faces = smoke_faces() if settings.smoke else read_faces(settings.data, "train")
    held_out, others = held_out_rows(len(faces.names), VALIDATION_SHARE, VALIDATION_SEED)
    return FaceSplit(faces[others].to(device), faces[held_out].to(device))


def smoke_faces() -> FaceImages:
    images, attributes = demo_faces(SMOKE_IMAGES, seed=0)
    names = [f"{row:05d}.png" for row in range(SMOKE_IMAGES)]
    return FaceImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(attributes), names)
