"""The report's figures of digits from finished runs.

    python3 -m training.drawing.digits --runs runs --out figures/digits

For every scenario with an adapted run of seed 0, for each adapting method:
curves_<method>_<source>_<target>.png (its losses and shares, and its bounds' validation accuracy),
tsne_<method>_<source>_<target>_class.png and tsne_…_domain.png (beside source only, without and with augmentation),
mistakes_<method>_<source>_<target>.png; and confusion_<source>_<target>.png of all methods.
About a minute a scenario on two cores.
"""

from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import tyro
from torch import Tensor

from training.augment.domains import DOMAINS
from training.data.digits import LabelledImages, read_images, read_labelled
from training.drawing.curves import draw_losses, draw_percentages, save, shares
from training.drawing.mistakes import draw_confusion, draw_mistakes, predict
from training.drawing.tsne import draw_embeddings, embed
from training.errors import DataError, exit_in_one_line
from training.run_folder import read_metrics_by_step
from training.scores.digits import METHODS, digit_runs, refuse_repeats, scenario_title

POINTS = 1000  # of each domain in a t-SNE picture: more only thickens the clusters
BEFORE = ("source_only", "source_augmented")  # what a t-SNE picture shows beside the adapted network


@dataclass(frozen=True)
class Scenario:
    source: str
    target: str
    runs: dict[str, Path]  # by method, in METHODS' order

    @property
    def title(self) -> str:
        return scenario_title(self.source, self.target)

    @property
    def name(self) -> str:
        return f"{self.source}_{self.target}"

    @property
    def adapting(self) -> list[str]:
        return [method for method in self.runs if METHODS[method].adapts]


def find_scenarios(runs: Path) -> list[Scenario]:
    """Every scenario that has a finished adapted run of seed 0 under `runs`, with its bounds. Raises
    DataError where there is no digit run, or two of one method and scenario."""
    checkpoints = {run: stored for run, stored in digit_runs(sorted(runs.iterdir())).items() if stored["seed"] == 0}
    refuse_repeats(checkpoints)
    found = {(stored["method"], stored["source"], stored["target"]): run for run, stored in checkpoints.items()}
    pairs = sorted({(source, target) for method, source, target in found if METHODS[method].adapts})
    return [
        Scenario(
            source,
            target,
            {
                method: run
                for method in METHODS
                if (run := found.get((method, source, target)) or found.get((method, target, target)))
            },
        )
        for source, target in pairs
    ]


def draw_curves(scenario: Scenario, method: str, file: Path) -> None:
    shown = ["source_only", method, "target_only"]
    metrics = {name: read_metrics_by_step(scenario.runs[name]) for name in shown if name in scenario.runs}
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    draw_losses(left, metrics[method], over="step")
    draw_percentages(
        right,
        {f"{METHODS[name].title}: validation": (epochs, "validation_accuracy", 1) for name, epochs in metrics.items()}
        | shares(metrics[method]),
        over="step",
    )
    save(figure, file, f"{scenario.title}: losses of {METHODS[method].title}, accuracies and shares in percent")


def draw_tsne(
    scenario: Scenario, source: LabelledImages, target: LabelledImages, statistics: Tensor, out: Path
) -> None:
    title = f"{scenario.title}: t-SNE of {len(source.labels)} source and {len(target.labels)} target test features"
    domains = [f"source, {DOMAINS[scenario.source].title}", f"target, {DOMAINS[scenario.target].title}"]
    shown = [method for method in scenario.runs if method in BEFORE] + scenario.adapting
    embeddings = {
        method: embed(scenario.runs[method], source, target, statistics if METHODS[method].adapts else None)
        for method in shown
    }
    for method in scenario.adapting:
        panels = {METHODS[name].title: embeddings[name] for name in (*BEFORE, method) if name in embeddings}
        file = f"tsne_{method}_{scenario.name}"
        draw_embeddings(panels, "class", list("0123456789"), title, out / f"{file}_class.png")
        draw_embeddings(panels, "domain", domains, title, out / f"{file}_domain.png")


def draw_scenario(scenario: Scenario, data: Path, out: Path) -> None:
    source, target = (read_labelled(data, domain, "test") for domain in (scenario.source, scenario.target))
    statistics = some_images(read_images(data, scenario.source, "train"), 2048)
    draw_tsne(scenario, some(source), some(target), statistics, out)
    labels = target.labels.numpy()
    predictions = {method: predict(run, target.images) for method, run in scenario.runs.items()}
    draw_confusion(
        {METHODS[method].title: predicted for method, predicted in predictions.items()},
        labels,
        f"{scenario.title}: test digits in percent of each true class",
        out / f"confusion_{scenario.name}.png",
    )
    for method in scenario.adapting:
        name = f"{scenario.title}, {METHODS[method].title}"
        draw_curves(scenario, method, out / f"curves_{method}_{scenario.name}.png")
        draw_mistakes(
            predictions[method],
            target.images,
            labels,
            f"{name}: most confident mistakes, true → predicted, confidence in percent",
            out / f"mistakes_{method}_{scenario.name}.png",
        )


def some(labelled: LabelledImages) -> LabelledImages:
    return labelled[torch.randperm(len(labelled.labels), generator=torch.Generator().manual_seed(0))[:POINTS]]


def some_images(images: Tensor, count: int) -> Tensor:
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count]]


def main(runs: Path = Path("runs"), data: Path = Path("hw3_data"), out: Path = Path("figures/digits")) -> None:
    """Curves, t-SNE, confusion and mistakes of every scenario that has an adapted run.

    Args:
        runs: Folder of run folders.
        data: Data in the course layout.
        out: Folder to write the figures into.
    """
    with exit_in_one_line("figures"):
        scenarios = find_scenarios(runs)
        if not scenarios:
            adapting = [method for method in METHODS.values() if method.adapts]
            raise DataError(
                f"{runs} holds no finished run of {' or '.join(method.title for method in adapting)}: "
                "train one, see docs/running.md"
            )
        out.mkdir(parents=True, exist_ok=True)
        for scenario in scenarios:
            draw_scenario(scenario, data, out)
            print(f"{scenario.title}: done")


if __name__ == "__main__":
    tyro.cli(main)
