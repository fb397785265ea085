"""Half way between two digits, in the latent spaces of an autoencoder and of a GAN."""

import torch
from torch import Tensor, nn

from inference.noise import fixed_noise
from training.augment.digits import to_float
from training.augment.images import to_bytes
from training.measures.digit_judge import DigitJudge
from training.scores.latent_walks import great_circle, straight

PAIRS = 1000
SEED = 20207  # of the pairs


@torch.inference_mode()
def autoencoder_walk(network: nn.Module, begin: Tensor, end: Tensor, share: float) -> Tensor:
    """Between uint8 digits N x 1 x 32 x 32, through the latents of a latent autoencoder: uint8 images."""
    latents = straight(network.encode(to_float(begin)), network.encode(to_float(end)), share)
    return to_bytes(2 * network.decode(latents) - 1)


@torch.inference_mode()
def gan_walk(generator: nn.Module, begin: Tensor, end: Tensor, share: float) -> Tensor:
    """Between noises N x L: uint8 images."""
    return to_bytes(generator(great_circle(begin, end, share)))


def confident_shares(judge: DigitJudge, midpoints: Tensor, begin: Tensor, end: Tensor) -> tuple[float, float]:
    """Percent of midpoints that the judge reads confidently: between ends that it reads as the same
    digit, and between ends that it reads as two."""
    alike, confident = judge.labels(begin) == judge.labels(end), judge.confident(midpoints).float()
    return 100 * confident[alike].mean().item(), 100 * confident[~alike].mean().item()


def autoencoder_midpoints(network: nn.Module, digits: Tensor, judge: DigitJudge) -> tuple[float, float]:
    """confident_shares between random pairs of uint8 test digits."""
    rows = torch.randint(len(digits), (2, PAIRS), generator=torch.Generator().manual_seed(SEED))
    begin, end = digits[rows[0]], digits[rows[1]]
    return confident_shares(judge, autoencoder_walk(network, begin, end, 0.5), begin, end)


def gan_midpoints(generator: nn.Module, judge: DigitJudge) -> tuple[float, float]:
    """confident_shares between random pairs of samples."""
    begin, end = fixed_noise(2 * PAIRS, generator.noise_size, SEED).chunk(2)
    ends = [gan_walk(generator, begin, end, share) for share in (0.0, 1.0)]
    return confident_shares(judge, gan_walk(generator, begin, end, 0.5), *ends)
