"""The scoring step of PixelDA: what T reads in both domains, and whether generated digits keep their label.

    python3 -m training.scores.pixelda runs/pixelda* --judge runs/target_only_mnistm \\
        --scores figures/pixelda/scores.json --table figures/pixelda/results.md

Opens the target's labels, when nothing is left to choose. The judge, a classifier of real MNIST-M, measures alone: no
run sees it. About two minutes of one core a run.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import tyro
from torch import Tensor, nn

from inference.networks import build_network
from inference.noise import fixed_noise
from models.pixelda import PixelDa
from training.augment.digits import to_float
from training.augment.images import signed, to_bytes
from training.data.digit_pairs import paired_split, read_labelled_at
from training.data.digits import LabelledImages
from training.errors import DataError, exit_in_one_line
from training.run_folder import RunFolder, finished_run
from training.scores.command import NO_PREFIX, Call, run_key, table_order, together
from training.scores.pixelda_table import Results, Scores, table
from training.systems import methods_of

SIZE = 32
GENERATED = 2000  # digits whose labels the judge reads: a share's standard error is 0.4 points at 97 %
SEED = 20166  # of their noise
METHODS = methods_of("pixelda")


def read_parts(data: Path) -> dict[str, LabelledImages]:
    """Labelled images uint8 N x 3 x 32 x 32 of the source, MNIST: source_train, source_test (the held-out pairs) and
    source_official (the official test set); of the target, MNIST-M, likewise. Raises DataError where a label is
    missing."""
    domains = {"source": "mnist", "target": "mnistm"}
    pairs = {role: read_labelled_at(data, domain, "train", SIZE) for role, domain in domains.items()}
    test, train = paired_split(min(len(part.labels) for part in pairs.values()))
    return {
        **{f"{role}_train": part[train] for role, part in pairs.items()},
        **{f"{role}_test": part[test] for role, part in pairs.items()},
        **{f"{role}_official": read_labelled_at(data, domain, "test", SIZE) for role, domain in domains.items()},
    }


@torch.inference_mode()
def evaluate(checkpoint: dict, parts: dict[str, LabelledImages], judge: nn.Module) -> Scores:
    """Scores one run."""
    network = build_network(checkpoint)
    paired = isinstance(network, PixelDa)
    classifier = network.classifier if paired else network
    looks = {"source": "source" if paired else "target", "target": "target"}
    accuracy = {
        name: percent(read(classifier, part.images, looks[name.split("_")[0]]) == part.labels)
        for name, part in parts.items()
    }
    epochs = {
        name: [percent(epoch == parts[name].labels[: len(epoch)]) for epoch in readings]
        for name, readings in checkpoint.get("readings", {}).items()
    }
    settings = checkpoint["settings"]
    return Scores(
        checkpoint["system"],
        checkpoint["seed"],
        settings["epochs"] * settings["steps_per_epoch"],
        accuracy,
        epochs,
        label_kept(network, parts["source_official"], judge) if paired else None,
    )


def read(classifier: nn.Module, images: Tensor, look: str) -> Tensor:
    """Digits N read in uint8 images."""
    return torch.cat([classifier(signed(batch), look).argmax(1) for batch in images.split(500)])


def label_kept(network: PixelDa, source: LabelledImages, judge: nn.Module) -> float:
    """Percent of source digits, redrawn in the target's look, in which the judge still reads the source's label."""
    images, labels = source.images[:GENERATED], source.labels[:GENERATED]
    return percent(judged(judge, generate(network, images)) == labels)


def generate(network: PixelDa, images: Tensor, seed: int = SEED) -> Tensor:
    """uint8 source images -> uint8 images in the target's look, the noise drawn from the seed."""
    noise = fixed_noise(len(images), network.noise_size, seed, "uniform")
    batches = zip(images.split(100), noise.split(100), strict=True)
    return torch.cat([to_bytes(network.transform(signed(some), its_noise)) for some, its_noise in batches])


def judged(judge: nn.Module, images: Tensor) -> Tensor:
    """Digits that a classifier of 28x28 images reads in uint8 ones of any size."""
    small = [F.interpolate(to_float(batch), 28, mode="bilinear", antialias=True) for batch in images.split(500)]
    return torch.cat([judge(batch).argmax(1) for batch in small])


def percent(right: Tensor) -> float:
    return 100 * right.float().mean().item()


def read_judge(run: Path) -> nn.Module:
    """Raises RunError where the run is not a finished one of target_only_mnistm."""
    return build_network(finished_run(run, "--judge", "target_only_mnistm"))


def pixelda_runs(runs: list[Path]) -> dict[Path, dict]:
    """The checkpoint of each finished run; all else is passed over. Raises DataError where none is left."""
    stored = {run: RunFolder(run).load_best() for run in runs if RunFolder(run).done}
    found = {run: checkpoint for run, checkpoint in stored.items() if checkpoint["method"] in METHODS}
    if not found:
        raise DataError(f"no finished run of {', '.join(METHODS)} is given: train one, see docs/pixelda.md")
    return found


@dataclass(frozen=True, kw_only=True)
class PixelDaCall(Call):
    # A finished run of target_only_mnistm, which reads generated digits.
    judge: Path


def main(call: Annotated[PixelDaCall, NO_PREFIX]) -> None:
    """Scores finished runs of PixelDA and of its baseline."""
    with exit_in_one_line("scores"), torch.inference_mode():
        call.check(Results.from_json)
        checkpoints, network, parts = pixelda_runs(call.runs), read_judge(call.judge), read_parts(call.data)
        official = parts["target_official"]
        new = Results(
            percent(judged(network, official.images) == official.labels),
            [evaluate(checkpoint, parts, network) for checkpoint in checkpoints.values()],
        )
        earlier = call.earlier(Results.from_json, new)
        results = replace(new, runs=sorted(together(earlier.runs, new.runs, run_key), key=table_order))
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
