"""How far an encoder's answer lies from the prior of its latents."""

from torch import Tensor


def kl_from_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of N(mean, variance) from N(0, I) in nats, of each latent: N x L twice -> N x L."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp())
