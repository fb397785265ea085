"""Whether a classifier's confidence is the share of its answers that are right (Guo et al., "On calibration", 2017)."""

import numpy as np
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn.functional import cross_entropy
from torchmetrics.functional.classification import multiclass_calibration_error

BINS = 15  # the paper's


def best_temperature(logits: Tensor, labels: Tensor) -> float:
    """What logits N x 10 are to be divided by, for the least cross-entropy: from 0.1 to 10."""

    def loss(power: float) -> float:
        return cross_entropy(logits / 10**power, labels).item()

    return 10 ** minimize_scalar(loss, bounds=(-1, 1), method="bounded").x


def calibration_error(logits: Tensor, labels: Tensor) -> float:
    """Expected calibration error in [0, 1]: mean distance of confidence and accuracy over 15 bins of confidence."""
    return multiclass_calibration_error(logits.softmax(1), labels, logits.shape[1], n_bins=BINS, norm="l1").item()


def reliability(logits: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean confidence, accuracy and number of images of each bin that has any."""
    confidences, predicted = (part.numpy() for part in logits.softmax(1).max(1))
    right = predicted == labels.numpy()
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    filled = counts > 0
    sums = (np.bincount(bins, values, minlength=BINS)[filled] for values in (confidences, right))
    return *(part / counts[filled] for part in sums), counts[filled]
