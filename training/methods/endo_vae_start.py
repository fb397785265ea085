"""EndoVAE's start: the best linear code of the training pictures, carried by convolutions.

A convolution with stride 2 can move the four pixels of a 2x2 field into channels, and a transposed one can move them
back: at 6x6 pixels, 192 of 256 channels hold a 48x48 picture in three colours. Such layers carry a picture without a
loss between the pixels and the linear layers, and those hold principal components. Training begins with their error
(Tipping & Bishop, "Probabilistic principal component analysis", 1999), not with grey pictures. All other channels
start from random weights and learn what components miss.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.endo_vae import EndoVae

CARRIED = 48  # side of the carried picture: components of six numbers are smooth
OFFSET = 6.0  # added to logits on their way through the ReLUs, taken away at the end: sigmoid(-6) is black enough
QUIET = 0.01  # of the random weights that lead to the outputs: at first the components alone are seen
NEWTON_STEPS, RIDGE = 6, 1e-2


@torch.no_grad()
def start_from_components(network: EndoVae, images: Tensor) -> None:
    """Sets the network's weights from training pictures, float N x 3 x 96 x 96 in [0, 1]."""
    small = F.avg_pool2d(images, images.shape[-1] // CARRIED)
    mean, directions, deviations = components(small.flatten(1), network.latent_size)
    latents = (small.flatten(1) - mean) @ directions / deviations
    weights, bias = logistic_fit(latents, small.flatten(1))
    carry(network.encoder, images.shape[-1], inputs=3)
    carry(network.decoder, network.grid, inputs=depth(network.grid))
    start_encoder(network, directions / deviations, mean, log_variances(latents, weights, bias))
    start_decoder(network, weights, bias)


def components(pixels: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """N x P -> their mean P, their first principal directions P x count and the deviations along them, count."""
    mean = pixels.mean(dim=0)
    _, values, directions = torch.linalg.svd(pixels - mean, full_matrices=False)
    return mean, directions[:count].T, values[:count] / len(pixels) ** 0.5


def logistic_fit(latents: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Weights P x L and bias P of the logits that give the least cross-entropy, by Newton's method, for every pixel."""
    inputs = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    answer = torch.zeros(pixels.shape[1], inputs.shape[1])
    answer[:, -1] = pixels.mean(dim=0).clamp(0.01, 0.99).logit()
    for _ in range(NEWTON_STEPS):
        shown = (inputs @ answer.T).sigmoid()
        slope = (shown - pixels).T @ inputs + RIDGE * answer
        curvature = torch.einsum("np,nl,nm->plm", shown * (1 - shown), inputs, inputs)
        curvature += RIDGE * torch.eye(inputs.shape[1])
        answer -= torch.linalg.solve(curvature, slope)
    return answer[:, :-1], answer[:, -1]


def log_variances(latents: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Of the latents given a picture, L: Laplace's approximation, with four pixels for each carried one."""
    shown = (latents @ weights.T + bias).sigmoid()
    return -(1 + 4 * (shown * (1 - shown)).mean(dim=0) @ weights.square()).log()


def carry(layers: nn.Sequential, side: int, inputs: int) -> None:
    """Lets the first channels of every convolution carry the picture, apart from the random rest."""
    for layer in layers:
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            back = isinstance(layer, nn.ConvTranspose2d)
            side = side * layer.stride[0] if back else side // layer.stride[0]
            outputs = depth(side)
            weight = layer.weight.transpose(0, 1) if back else layer.weight  # outputs x inputs x 3 x 3
            weight[:outputs] = 0
            weight[outputs:, :inputs] *= inputs == 3 and not back  # only the encoder's own pixels are seen by all
            weight[:outputs, :inputs] = taps(inputs, outputs, layer.stride[0], back)
            inputs = outputs


def depth(side: int) -> int:
    """Channels that a carried picture takes at this many pixels a side."""
    return 3 * max(1, CARRIED // side) ** 2


def taps(inputs: int, outputs: int, stride: int, back: bool) -> Tensor:
    """Filters outputs x inputs x 3 x 3 that carry a picture: as it is, 2x2 fields to or from channels, or means."""
    filters = torch.zeros(outputs, inputs, 3, 3)
    if stride == 1:
        filters[range(inputs), range(inputs), 1, 1] = 1
        return filters
    for place, (row, column) in enumerate(((1, 1), (1, 2), (2, 1), (2, 2))):
        few = range(min(inputs, outputs))
        if inputs == outputs:
            filters[few, few, row, column] = 1 if back else 0.25
        elif back:
            filters[few, [4 * channel + place for channel in few], row, column] = 1
        else:
            filters[[4 * channel + place for channel in few], few, row, column] = 1
    return filters


def folded(pictures: Tensor, grid: int) -> Tensor:
    """K x 3 * 48 * 48 -> K x channels x grid x grid, in the order in which the convolutions carry them."""
    pictures = pictures.view(-1, 3, CARRIED, CARRIED)
    while pictures.shape[-1] > grid:
        pictures = F.pixel_unshuffle(pictures, 2)
    return pictures


def start_encoder(network: EndoVae, projection: Tensor, mean: Tensor, log_variance: Tensor) -> None:
    """The first hidden numbers are the latents, moved above the ReLU's 0."""
    size, (hidden, last) = network.latent_size, (layer for layer in network.encoder if isinstance(layer, nn.Linear))
    channels = depth(network.grid)
    rows = hidden.weight.view(len(hidden.weight), -1, network.grid, network.grid)
    rows[:, :channels] *= QUIET
    rows[:size] = 0
    rows[:size, :channels] = folded(projection.T, network.grid)
    hidden.bias[:size] = OFFSET - mean @ projection
    last.weight *= QUIET
    last.weight[:, :size] = 0
    last.weight[range(size), range(size)] = 1
    last.bias[:size], last.bias[size:] = -OFFSET, log_variance


def start_decoder(network: EndoVae, weights: Tensor, bias: Tensor) -> None:
    channels, grid = depth(network.grid), network.grid
    pixels = channels * grid**2  # the carried channels come first
    network.linear.weight[:pixels] = folded(weights.T, grid).flatten(1).T
    network.linear.bias[:pixels] = folded(bias[None] + OFFSET, grid).flatten()
    last = network.decoder[-1]
    last.weight[3:] = QUIET * torch.randn_like(last.weight[3:])
    last.bias.fill_(-OFFSET)
