"""Tables of a network's layers: what each gives out, and how many numbers it learns."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.endo_vae import EndoVae
from models.pixelda import PixelClassifier, PixelDiscriminator, PixelGenerator, ResidualBlock

WHOLE = (ResidualBlock,)  # one line each
PIXELDA_IMAGES = (2, 3, 32, 32)


def learned(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def named(layer: nn.Module) -> str:
    if isinstance(layer, nn.Linear):
        return "fully connected"
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        return "batch norm"
    if isinstance(layer, ResidualBlock):
        return "residual block"
    kind = "transposed convolution" if isinstance(layer, nn.ConvTranspose2d) else "convolution"
    side, stride = layer.kernel_size[0], layer.stride[0]
    return f"{kind} {side}x{side}" + (f", stride {stride}" if stride > 1 else "")


def with_weights(network: nn.Module) -> Iterator[nn.Module]:
    """The layers of a table, from the outside inwards."""
    for layer in network.children():
        if isinstance(layer, WHOLE) or (not list(layer.children()) and learned(layer)):
            yield layer
        else:
            yield from with_weights(layer)


@torch.inference_mode()
def layers(network: nn.Module, *given: Tensor) -> list[list]:
    """[name, output, parameters, how many of them follow each other] of each layer, in the order of their work."""
    rows = []

    def note(layer: nn.Module, _, output: Tensor) -> None:
        row = [named(layer), "x".join(map(str, output.shape[1:])), learned(layer)]
        if rows and rows[-1][:3] == row:
            rows[-1][3] += 1
        else:
            rows.append([*row, 1])

    hooks = [layer.register_forward_hook(note) for layer in with_weights(network)]
    network.eval()(*given)
    for hook in hooks:
        hook.remove()
    return rows


def tables() -> dict[str, dict]:
    """{network: its layers, and all that it learns} of the assignment that asks for them."""
    image = torch.zeros(PIXELDA_IMAGES)
    networks = {
        "generator": (PixelGenerator(), image, torch.zeros(2, PixelGenerator.noise_size)),
        "discriminator": (PixelDiscriminator(), image),
        "classifier": (PixelClassifier(), image),
        "endovae": (EndoVae(), torch.zeros(2, 3, 96, 96)),
    }
    return {
        name: {"layers": layers(network, *given), "parameters": learned(network)}
        for name, (network, *given) in networks.items()
    }
