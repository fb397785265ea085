"""Publishes trained weights: run folders -> weights/<method>_<target>.pth of digits, weights/<method>.pth
of faces, pinned in checkpoints.txt.

    python3 -m training.release runs/dann_usps_mnistm runs/dann_mnistm_svhn runs/dann_svhn_usps
    python3 -m training.release runs/vae runs/gan runs/acgan runs/attribute_classifier

Refuses, with one line and exit code 2, what the scripts do not use, such as a fourth scenario: its
weights would take another's place.
"""

import hashlib
import re
import sys
from pathlib import Path
from typing import Annotated

import tyro

from inference.pixels import TIE, distance_to_tie
from inference.sampler import Sampler
from training.run_folder import RunFolder, replace_file

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ("vae", "gan")  # what hw3_p1.sh and hw3_p2.sh draw with
FACES = (*DRAWING, "acgan", "attribute_classifier")
DIGITS = ("dann", "mean_teacher")  # what hw3_p3.sh and hw3_p4.sh predict with, and below the source of each domain
SOURCES = {"mnistm": "usps", "svhn": "mnistm", "usps": "svhn"}


class ReleaseError(Exception):
    """A run that cannot be released; the message says why."""


def release(run: Path) -> Path:
    """Copies a finished run's best weights to weights/ and pins their sha256. Raises ReleaseError."""
    folder = RunFolder(run)
    if not folder.done:
        raise ReleaseError(f"{run} is not a finished run")
    weights, content = ROOT / "weights" / released_name(run), folder.best.read_bytes()
    if weights.stem in DRAWING:
        refuse_near_ties(run, Sampler(content))
    replace_file(weights, lambda part: part.write_bytes(content))
    pin(weights)
    return weights


def released_name(run: Path) -> str:
    """Raises ReleaseError where no script uses such a run."""
    checkpoint = RunFolder(run).load_best()
    method = checkpoint["method"]
    if method in FACES:
        return f"{method}.pth"
    if method in DIGITS and SOURCES[checkpoint["target"]] == checkpoint["source"]:
        return f"{method}_{checkpoint['target']}.pth"
    scenario = f" from {checkpoint['source']} to {checkpoint['target']}" if "target" in checkpoint else ""
    raise ReleaseError(f"{run} is a run of {method}{scenario}, which no script uses")


def refuse_near_ties(run: Path, generator: Sampler) -> None:
    """No level of the figure may be one that two machines could round differently."""
    distance = distance_to_tie(generator.images(generator.noise))
    if distance <= TIE:
        raise ReleaseError(f"{run} draws a level {distance:.1e} from a rounding tie, not above {TIE}: train it an epoch longer")


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
    try:
        if not runs:
            raise ReleaseError("give the folder of a finished run")
        for run in runs:
            print(release(run).relative_to(ROOT))
    except (ReleaseError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    tyro.cli(main)
