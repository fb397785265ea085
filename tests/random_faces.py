"""Untrained face networks that draw coloured blotches of every brightness, so that roundings of all kinds occur."""

import torch
from torch import nn

from models.acgan import ConditionalGenerator
from models.gan import Generator
from models.vae import Vae

SMALL = {
    "vae": lambda: Vae(latent_size=16, width=2, prior_size=4),
    "gan": lambda: Generator(noise_size=12, width=2),
    "acgan": lambda: ConditionalGenerator(noise_size=12, width=2),
}


def set_statistics(network: nn.Module, inputs: torch.Tensor) -> None:
    """Batch norm's, to those of the inputs; leaves the network in evaluation mode."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    network(inputs)
    network.eval()


def random_faces(method: str) -> dict:
    """A checkpoint of such a network with its noise, in half precision as a large one would be."""
    torch.manual_seed(1)
    network = SMALL[method]().eval()
    layers = network.decoder if method == "vae" else network.layers
    noise = torch.randn(32, network.noise_size)
    last = [layer for layer in layers if isinstance(layer, nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight.normal_(std=0.3)
        set_statistics(layers.train(), torch.randn(64, layers[0].in_features))
    state = {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()}
    return dict(method=method, arguments=network.arguments, state=state, noise=noise, settings={}, seed=0, validation={"epoch": 1})
