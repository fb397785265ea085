"""Untrained face networks that draw coloured blotches of every brightness, so that roundings of all kinds occur."""

from collections.abc import Callable

import torch
from torch import nn

from models.acgan import ConditionalGenerator
from models.dcgan import DcganGenerator
from models.gan import Generator
from models.vae import Vae

SMALL = {
    "vae": lambda: Vae(latent_size=16, width=2),
    "gan": lambda: Generator(noise_size=12, width=2),
    "acgan": lambda: ConditionalGenerator(noise_size=12, width=2),
    "dcgan": lambda: DcganGenerator(noise_size=12, width=2),
}


def set_statistics(network: nn.Module, forward: Callable, *inputs: torch.Tensor) -> None:
    """Batch norm's, to those of the inputs of `forward`; leaves the network in evaluation mode."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    network.train()
    forward(*inputs)
    network.eval()


def random_faces(method: str) -> dict:
    """A checkpoint of such a network with its noise, in half precision as a large one would be."""
    torch.manual_seed(1)
    network = SMALL[method]().eval()
    noise = torch.randn(32, network.noise_size)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and layer.out_channels == 3:  # what paints
                layer.weight.normal_(std=0.3)
        condition = (torch.ones(32),) if method == "acgan" else ()
        set_statistics(network, network.sample, noise, *condition)
    state = {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()}
    return dict(
        method=method,
        network=type(network).__name__,
        arguments=network.arguments,
        state=state,
        noise=noise,
        settings={},
        seed=0,
        validation={"epoch": 1},
    )
