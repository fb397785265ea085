"""What the VAEs of images share: what their latents are good for, and principal components to start from."""

import torch
from torch import Tensor, nn


class LatentModel(nn.Module):
    """Images N x C x S x S in [-1, 1] and latents N x L; a subclass has `encode` and `paint`."""

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x C x S x S in [-1, 1]."""
        return self.paint(latents).clamp(-1, 1)

    def sample(self, noise: Tensor) -> Tensor:
        """Noise N x noise_size from N(0, I), taken for latents -> images N x C x S x S in [-1, 1]."""
        return self.decode(noise)

    def forward(self, images: Tensor) -> Tensor:
        """Images N x C x S x S in [-1, 1] -> their reconstructions from the mean."""
        return self.decode(self.encode(images)[0])

    transform = forward


@torch.no_grad()
def set_components(encoder: nn.Linear, decoder: nn.Linear, mean: Tensor, directions: Tensor, variances: Tensor,
                   noise: float) -> Tensor:
    """Sets both linear maps to the best ones for pixels of that noise variance; returns the latents' log-variances L.

    Tipping & Bishop, "Probabilistic principal component analysis", 1999: the mean D, the first L principal
    directions D x L and the variances along them L.
    """
    signal = (variances - noise).clamp(min=1e-3 * noise)  # what a component is above the noise
    decoder.weight.copy_(directions * signal.sqrt())
    decoder.bias.copy_(mean)
    encoder.weight.copy_((directions * signal.sqrt() / (signal + noise)).T)
    encoder.bias.copy_(-encoder.weight @ mean)
    return (noise / (signal + noise)).log()
