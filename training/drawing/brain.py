"""The report's figures of segmentation.

    python3 -m training.drawing.brain runs/segmentation_both --out figures/brain

curves.png; slices.png: the best, the median and the worst test slices, the expert's outline green and the
network's red; sizes.png: Dice against the tumour's size.
"""

from pathlib import Path
from typing import Annotated

import matplotlib
import matplotlib.pyplot as plt
import tyro
from torch import Tensor

from inference.networks import build_network
from training.data.brain import SPLIT, Slices, parts, read_slices, read_split
from training.drawing.curves import draw_panels, save
from training.errors import exit_in_one_line
from training.measures.overlap import dice
from training.methods.segmentation import Segmentation, predicted
from training.run_folder import RunFolder, read_metrics
from training.scores.command import finished_runs

matplotlib.use("Agg")
SHOWN = 5  # slices of each kind
BRIGHTEN = 1.5  # dark scans stay readable


def draw_report(run: Path, data: Path, out: Path) -> None:
    """Raises DataError where it is no finished run of segmentation."""
    finished_runs([run], (Segmentation.name,), "segmentation", "docs/medical.md")
    checkpoint = RunFolder(run).load_best()
    test = parts(read_slices(data), read_split(SPLIT), checkpoint["settings"]["fold"])[2]
    masks = predicted(build_network(checkpoint), test)
    values = dice(masks, test.masks)
    out.mkdir(parents=True, exist_ok=True)
    draw_panels(read_metrics(run), out / "curves.png", "Segmentation", Segmentation.panels)
    draw_slices(test, masks, values, out / "slices.png")
    draw_sizes(test, values, out / "sizes.png")


def draw_slices(test: Slices, masks: Tensor, values: Tensor, file: Path) -> None:
    order, shown = values.argsort(descending=True).tolist(), min(SHOWN, len(values))
    middle = max(0, len(order) // 2 - shown // 2)
    rows = {"best": order[:shown], "median": order[middle : middle + shown], "worst": order[-shown:]}
    figure, axes = plt.subplots(
        len(rows), shown, figsize=(2.4 * shown, 2.7 * len(rows)), layout="constrained", squeeze=False
    )
    for line, (label, slices) in zip(axes, rows.items(), strict=True):
        for place, row in zip(line, slices, strict=True):
            image = test.images[row, 0].numpy()
            place.imshow(image, cmap="gray", vmax=image.max() / BRIGHTEN)
            for mask, colour in ((test.masks, "lime"), (masks, "red")):
                if mask[row].any():
                    place.contour(mask[row, 0].numpy(), levels=[0.5], colors=colour, linewidths=0.8)
            place.set(xticks=[], yticks=[], xlabel=f"Dice {values[row]:.2f}")
        line[0].set_ylabel(label)
    save(figure, file, "Test slices: the expert's outline green, the network's red")


def draw_sizes(test: Slices, values: Tensor, file: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(test.masks.sum((1, 2, 3)).numpy(), values.numpy(), ".", alpha=0.6)
    axes.set(xscale="log", xlabel="pixels of the tumour", ylabel="Dice of the slice", ylim=(0, 1))
    axes.grid(alpha=0.3)
    save(figure, file, "Small tumours are harder")


def main(
    run: Annotated[Path, tyro.conf.Positional], /, data: Path = Path("hw3_data"), out: Path = Path("figures/brain")
) -> None:
    """The figures of segmentation.

    Args:
        run: Run folder.
        data: Data in the course layout.
        out: Folder to write the figures into.
    """
    with exit_in_one_line("figures"):
        draw_report(run, data, out)


if __name__ == "__main__":
    tyro.cli(main)
