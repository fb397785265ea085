"""How near the distribution of samples comes to that of real images."""

from pathlib import Path

import torch
from torch import Tensor, nn

from training.errors import DataError

NEIGHBOURS = 3  # as in the paper of precision and recall


def frechet_distance(real: Tensor, samples: Tensor) -> float:
    """Fréchet distance of two sets of features N x F as Gaussians (Heusel et al., "GANs trained by a
    two time-scale update rule", 2017). It is only FID where the features are Inception's."""
    from torchmetrics.image.fid import FrechetInceptionDistance  # takes seconds: not for commands that do without

    as_they_are = nn.Identity()
    as_they_are.num_features = real.shape[1]
    metric = FrechetInceptionDistance(feature=as_they_are)
    metric.update(real.cpu(), real=True)  # where the metric's own sums are
    metric.update(samples.cpu(), real=False)
    return metric.compute().item()


def inception_distance(real: Tensor, samples: Tensor, weights: Path) -> float:
    """FID of uint8 images N x 3 x H x W with torch-fidelity's Inception weights from a file.

    Raises DataError where the file or the package is not there, or the file is another one.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # takes seconds: not for commands that do without

    if not weights.is_file():
        raise DataError(
            f"{weights} is not there: give torch-fidelity's weights file, pt_inception-2015-12-05-6726825d.pth"
        )
    try:
        metric = FrechetInceptionDistance(feature=2048, feature_extractor_weights_path=str(weights))
    except ModuleNotFoundError:
        raise DataError("Inception's FID needs one package more: pip install torch-fidelity") from None
    except Exception as error:  # what torch raises for a file that is none of its own, or of other weights
        raise DataError(f"{weights} is not torch-fidelity's weights file ({type(error).__name__})") from None
    for images, are_real in ((real, True), (samples, False)):
        for batch in images.split(64):
            metric.update(batch, real=are_real)
    return metric.compute().item()


def precision_recall(real: Tensor, samples: Tensor) -> tuple[float, float]:
    """Shares of the samples among the real features, and of the real ones among the samples', N x F
    (Kynkäänniemi et al., "Improved precision and recall metric", 2019)."""
    return covered(samples, real), covered(real, samples)


def covered(points: Tensor, others: Tensor) -> float:
    """The share of points that lie no farther from one of the others than its own third neighbour does."""
    radii = torch.cdist(others, others).kthvalue(NEIGHBOURS + 1).values  # the nearest is itself
    return (torch.cdist(points, others) <= radii).any(dim=1).float().mean().item()
