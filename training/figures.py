"""The report's figures from finished runs.

    python3 -m training.figures digits --runs runs --data hw3_data --out figures

Writes, for every scenario with a DANN run: curves_<source>_<target>.png (its losses, and validation
accuracy beside source only's and target only's), tsne_<source>_<target>_class.png and
tsne_<source>_<target>_domain.png. About half a minute a scenario on two cores.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
import tyro
from sklearn.manifold import TSNE
from torch import Tensor

from inference.digit_predictor import build_network
from inference.image_folder import FolderError, UnreadableImage
from training.augment import to_float
from training.curves import draw_losses, draw_percentages, save
from training.digit_data import DataError, LabelledImages, read_images, read_labelled
from training.evaluate import METHODS, TITLES
from training.network_average import with_statistics_of
from training.run_folder import RunFolder, read_metrics

matplotlib.use("Agg")

POINTS = 1000  # of each domain: more only thickens the clusters
DOMAIN_COLOURS = ("tab:blue", "tab:orange")


@dataclass(frozen=True)
class Scenario:
    source: str
    target: str
    runs: dict[str, Path]  # source_only, dann, and target_only where there is one

    @property
    def title(self) -> str:
        return f"{TITLES[self.source]} → {TITLES[self.target]}"


@dataclass(frozen=True)
class Embedding:
    """Source and target test features of one method in the plane, N x 2, and what they are."""

    points: np.ndarray
    classes: np.ndarray
    domains: np.ndarray


def find_scenarios(runs: Path) -> list[Scenario]:
    """Every finished DANN run of seed 0 under `runs`, with its bounds."""
    found = {}
    for run in sorted(runs.iterdir()):
        if RunFolder(run).done:
            stored = torch.load(RunFolder(run).best, map_location="cpu", weights_only=True)
            if stored["seed"] == 0:
                found[stored["method"], stored["source"], stored["target"]] = run
    return [Scenario(source, target, {
        name: run for name, key in (("source_only", source), ("dann", source), ("target_only", target))
        if (run := found.get((name, key, target)))})
        for method, source, target in found if method == "dann"]


def draw_curves(scenario: Scenario, file: Path) -> None:
    metrics = {name: read_metrics(run) for name, run in scenario.runs.items()}
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    draw_losses(left, metrics["dann"])
    draw_percentages(right, {f"{METHODS[name]}: validation": (epochs, "validation_accuracy", 1)
                             for name, epochs in metrics.items()}
                     | {"DANN: domain head": (metrics["dann"], "domain_accuracy", 100)})
    save(figure, file, f"{scenario.title}: losses of DANN, accuracies in percent")


def features(run: Path, images: Tensor, statistics: Tensor | None) -> np.ndarray:
    """Features of the run's network, N x F; its batch statistics replaced by those of `statistics`."""
    network = build_network(RunFolder(run).best.read_bytes())
    if statistics is not None:
        network = with_statistics_of(network, map(to_float, statistics.split(128)))
    with torch.inference_mode():
        return network.features(to_float(images)).numpy()


def embed(method: str, run: Path, source: LabelledImages, target: LabelledImages, statistics: Tensor) -> Embedding:
    """t-SNE (van der Maaten & Hinton, 2008) of both domains' test features together.

    DANN sees each domain through its own batch statistics, so `statistics`, training images of the
    source, set those of the source; source only has one set for both.
    """
    source_features = features(run, source.images, statistics if method == "dann" else None)
    both = np.concatenate([source_features, features(run, target.images, None)])
    points = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(both)
    return Embedding(points, torch.cat([source.labels, target.labels]).numpy(),
                     np.repeat([0, 1], [len(source.labels), len(target.labels)]))


def draw_embeddings(embeddings: dict[str, Embedding], by: str, names: list[str], title: str, file: Path) -> None:
    """A panel a method, points coloured by class or by domain."""
    figure, panels = plt.subplots(1, len(embeddings), figsize=(6 * len(embeddings), 5.6), layout="constrained")
    colours = matplotlib.colormaps["tab10"].colors if by == "class" else DOMAIN_COLOURS
    for axes, (method, embedding) in zip(np.atleast_1d(panels), embeddings.items(), strict=True):
        groups = embedding.classes if by == "class" else embedding.domains
        for group, name in enumerate(names):
            axes.scatter(*embedding.points[groups == group].T, s=5, color=colours[group], label=name, linewidths=0)
        axes.set(title=METHODS[method], xticks=[], yticks=[])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", markerscale=4, frameon=False)
    save(figure, file, title)


def draw_scenario(scenario: Scenario, data: Path, out: Path) -> None:
    name = f"{scenario.source}_{scenario.target}"
    draw_curves(scenario, out / f"curves_{name}.png")
    source, target = (sample(read_labelled(data, domain, "test")) for domain in (scenario.source, scenario.target))
    statistics = sample_rows(read_images(data, scenario.source, "train"), 2048)
    embeddings = {method: embed(method, scenario.runs[method], source, target, statistics)
                  for method in ("source_only", "dann") if method in scenario.runs}
    title = f"{scenario.title}: t-SNE of {len(source.labels)} source and {len(target.labels)} target test features"
    draw_embeddings(embeddings, "class", list("0123456789"), title, out / f"tsne_{name}_class.png")
    draw_embeddings(embeddings, "domain", [f"source, {TITLES[scenario.source]}", f"target, {TITLES[scenario.target]}"],
                    title, out / f"tsne_{name}_domain.png")


def sample(labelled: LabelledImages) -> LabelledImages:
    return labelled[torch.randperm(len(labelled.labels), generator=torch.Generator().manual_seed(0))[:POINTS]]


def sample_rows(images: Tensor, count: int) -> Tensor:
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count]]


def digits(runs: Path = Path("runs"), data: Path = Path("hw3_data"), out: Path = Path("figures")) -> None:
    """Curves and t-SNE of every finished DANN run under `runs`."""
    try:
        scenarios = find_scenarios(runs)
        if not scenarios:
            raise DataError(f"{runs} holds no finished DANN run: train one, see README.md")
        out.mkdir(parents=True, exist_ok=True)
        for scenario in scenarios:
            draw_scenario(scenario, data, out)
            print(f"{scenario.title}: done")
    except (DataError, FolderError, UnreadableImage, OSError) as error:
        print(f"figures: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"digits": digits})
