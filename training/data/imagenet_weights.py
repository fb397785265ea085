"""Reads ResNet-18's ImageNet weights from torchvision's own file."""

from pathlib import Path

import torch
from torch import Tensor

from inference.command import shown
from models.resnet18 import ResNet18
from training.errors import DataError

URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"  # torchvision's own, whose import takes seconds


def read_imagenet_weights(file: Path | None) -> dict[str, Tensor]:
    """A state of models.resnet18.ResNet18; without a file, of torchvision's copy in torch's own cache.

    Raises DataError where the file is missing or is not of a ResNet-18.
    """
    file = file or Path(torch.hub.get_dir(), "checkpoints", Path(URL).name)
    if not file.is_file():
        raise DataError(f"{shown(file)} is not there: download {URL} and give it as --imagenet-file")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        state = {f"network.{name}": value for name, value in state.items() if not name.startswith("fc.")}
        ResNet18().load_state_dict(state)
    except Exception as error:  # what torch raises for a file that is none of its own, or of another network
        raise DataError(f"{shown(file)} is not torchvision's file of ResNet-18 ({type(error).__name__})") from None
    return state
