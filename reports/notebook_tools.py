"""What notebooks call: a row's training in miniature, pinned weights, pictures, and the results under figures/."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from inference.networks import build_network, read_checkpoint
from inference.picture import image_grid
from inference.pinned_files import read_checkpoints, read_pinned
from reports.results import command_for
from training.methods.base import Method
from training.systems import SYSTEMS

DATA = Path("hw3_data")
CPU = torch.device("cpu")


def is_real(folder: str) -> bool:
    """Whether the data set lies in hw3_data. Where it does not, made images stand in for it."""
    return (DATA / folder).exists()


def said(folder: str) -> str:
    """Where this notebook's images of a data set come from."""
    return f"images of hw3_data/{folder}" if is_real(folder) else f"made images, since hw3_data/{folder} is not there"


def short_run(row: str, folder: str, steps: int, **numbers) -> tuple[Method, object, dict[str, list[float]]]:
    """A row's method after its first steps, its data, and the losses of each step. Nothing is written.

    The results of the whole run are in `results`; this is here to be watched.
    """
    system = SYSTEMS[row]
    settings = replace(
        system.settings, smoke=not is_real(folder), epochs=1, steps_per_epoch=steps, bf16=False, data=DATA, **numbers
    )
    torch.manual_seed(0)
    data = system.load(settings, CPU)
    method = system.method(settings, CPU)
    method.seed(0)
    method.start(data)
    losses = defaultdict(list)
    for batch in data.batches(settings, 0):
        for name, value in method.update(*batch).items():
            losses[name].append(value)
        method.step += 1
    return method, data, dict(losses)


def pinned(row: str) -> nn.Module | None:
    """The network of weights/, or None where no run of the row is released yet."""
    file = SYSTEMS[row].weights
    if file is None or file not in read_checkpoints()[0]:
        return None
    return build_network(read_checkpoint(read_pinned(file)))


def results(family: str):
    """What figures/<family>/scores.json holds; None where the runs have not been scored, with the command that does."""
    file = f"figures/{family}/scores.json"
    if not Path(file).exists():
        print(f"Not yet run: {file} is missing. `{command_for(file)}` makes it.")
        return None
    return json.loads(Path(file).read_text())


def table(rows: list[dict], digits: int = 4) -> pandas.DataFrame:
    """Rows as a table; numbers are rounded, and what is missing stays empty."""
    frame = pandas.DataFrame(rows).round(digits)
    return frame.astype(object).where(frame.notna(), "").set_index(frame.columns[0])


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def rows_of_images(*rows: Tensor, enlarged: int = 2) -> Image.Image:
    """Rows of images N x C x H x W in [0, 1], below each other; each pixel `enlarged` times."""
    images = torch.cat([row.clamp(0, 1) for row in rows])
    pixels = (255 * images.double()).round().to(torch.uint8).expand(-1, 3, -1, -1)
    grid = image_grid(pixels.permute(0, 2, 3, 1).numpy(), columns=len(rows[0]))
    return Image.fromarray(np.repeat(np.repeat(grid, enlarged, 0), enlarged, 1))


def curves(losses: dict[str, list[float]], height: float = 2.4) -> Image.Image:
    """Each loss over the steps."""
    figure = Figure(figsize=(6.4, height), dpi=90, layout="constrained")
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    for name, values in losses.items():
        axes.plot(range(1, len(values) + 1), values, label=name.replace("_", " "))
    axes.set_xlabel("step")
    axes.legend(frameon=False)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


__all__ = [
    "curves",
    "is_real",
    "parameters",
    "pinned",
    "results",
    "rows_of_images",
    "said",
    "short_run",
    "table",
]
