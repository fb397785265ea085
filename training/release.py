"""Publishes trained weights: the best of a finished run -> the row's file in weights/, pinned in checkpoints.txt.

    python3 -m training.release runs/dann_usps_mnistm runs/vae

Refuses, with one line and exit code 2, a smoke run and a row that no script uses.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import torch
import tyro

from inference.models import DRAW, Draw
from inference.pixels import TIE, distance_to_tie
from inference.sampler import Sampler
from training.errors import ReleaseError, exit_in_one_line
from training.run_folder import RunFolder, replace_file
from training.systems import SYSTEMS

ROOT = Path(__file__).resolve().parent.parent


def release(run: Path) -> Path:
    """Copies a finished run's best weights to weights/ and pins their sha256. Raises ReleaseError."""
    folder = RunFolder(run)
    if not folder.done:
        raise ReleaseError(f"{run} is not a finished run")
    checkpoint = folder.load_best()
    if checkpoint["settings"].get("smoke"):
        raise ReleaseError(f"{run} is a smoke run, which learned nothing: train the row without --smoke")
    weights, content = ROOT / "weights" / released_name(run, checkpoint["system"]), folder.best.read_bytes()
    if checkpoint["system"] in DRAW:
        refuse_near_ties(run, DRAW[checkpoint["system"]], Sampler(content))
    replace_file(weights, lambda part: part.write_bytes(content))
    pin(weights)
    return weights


def released_name(run: Path, system: str) -> str:
    """Raises ReleaseError where no script uses such a run."""
    weights = SYSTEMS[system].weights if system in SYSTEMS else None
    if weights is None:
        raise ReleaseError(f"{run} is a run of {system}, which no script uses")
    return weights


def refuse_near_ties(run: Path, model: Draw, generator: Sampler) -> None:
    """No level of the picture that is drawn when nothing else is asked for may be one that two machines could round
    differently. Of a model that takes a label, that picture shows each label in turn."""
    labels = [torch.arange(model.count) % len(model.labels)] if model.labels else []
    distance = distance_to_tie(generator.images(generator.first_noise(model.count), *labels), model.low)
    if distance <= TIE:
        raise ReleaseError(
            f"{run} draws a level {distance:.1e} from a rounding tie, not above {TIE}: train it an epoch longer"
        )


def pin(weights: Path) -> None:
    """Sets the file's line in checkpoints.txt; the other lines stay."""
    name = f"weights/{weights.name}"
    line = f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  {name}"
    table = ROOT / "checkpoints.txt"
    text = re.sub(rf"^[0-9a-f]{{64}}  {re.escape(name)}\n", "", table.read_text(), flags=re.MULTILINE)
    replace_file(table, lambda part: part.write_text(f"{text}{line}\n"))


def main(runs: Annotated[tuple[Path, ...], tyro.conf.Positional], /) -> None:
    """Copies the weights of finished runs to weights/ and pins them in checkpoints.txt.

    Args:
        runs: Run folders.
    """
    with exit_in_one_line("release"):
        if not runs:
            raise ReleaseError("give the folder of a finished run")
        for run in runs:
            print(release(run).relative_to(ROOT))


if __name__ == "__main__":
    tyro.cli(main)
