"""t-SNE pictures: where two methods put source and target test features."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.manifold import TSNE
from torch import Tensor

from inference.networks import build_network
from training.augment.digits import to_float
from training.average import with_statistics_of
from training.data.digits import LabelledImages
from training.drawing.curves import save
from training.run_folder import RunFolder

matplotlib.use("Agg")

DOMAIN_COLOURS = ("tab:blue", "tab:orange")


@dataclass(frozen=True)
class Embedding:
    """Source and target test features of one method in the plane, N x 2, and what they are."""

    points: np.ndarray
    classes: np.ndarray
    domains: np.ndarray


def features(run: Path, images: Tensor, statistics: Tensor | None) -> np.ndarray:
    """Features of the run's network, N x F; its batch statistics replaced by those of `statistics`."""
    network = build_network(RunFolder(run).load_best())
    if statistics is not None:
        network = with_statistics_of(network, map(to_float, statistics.split(128)))
    with torch.inference_mode():
        return network.features(to_float(images)).numpy()


def embed(run: Path, source: LabelledImages, target: LabelledImages, statistics: Tensor | None) -> Embedding:
    """t-SNE (van der Maaten & Hinton, 2008) of both domains' test features together.

    A network that predicts by the target's batch statistics has learnt from the source by the source's own: those of
    `statistics`, training images of the source. Any other keeps its one set for both domains.
    """
    own = RunFolder(run).load_best()["settings"].get("statistics", "target") == "target"
    source_features = features(run, source.images, statistics if own else None)
    both = np.concatenate([source_features, features(run, target.images, None)])
    points = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(both)
    return Embedding(
        points,
        torch.cat([source.labels, target.labels]).numpy(),
        np.repeat([0, 1], [len(source.labels), len(target.labels)]),
    )


def draw_embeddings(embeddings: dict[str, Embedding], by: str, names: list[str], title: str, file: Path) -> None:
    """A panel for each {title: embedding}, points coloured by "class" or by "domain"."""
    figure, panels = plt.subplots(1, len(embeddings), figsize=(3.8 * len(embeddings), 3.9), layout="constrained")
    colours = matplotlib.colormaps["tab10"].colors if by == "class" else DOMAIN_COLOURS
    for axes, (method, embedding) in zip(np.atleast_1d(panels), embeddings.items(), strict=True):
        groups = embedding.classes if by == "class" else embedding.domains
        for group, name in enumerate(names):
            axes.scatter(*embedding.points[groups == group].T, s=4, color=colours[group], label=name, linewidths=0)
        axes.set(title=method, xticks=[], yticks=[])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", markerscale=4, frameon=False)
    save(figure, file, title)
