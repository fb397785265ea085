"""Publishes trained weights: run folders -> weights/<method>_<target>.pth of digits, weights/<method>.pth
of faces, pinned in checkpoints.txt.

    python3 -m training.release runs/dann_usps_mnistm runs/dann_mnistm_svhn runs/dann_svhn_usps
    python3 -m training.release runs/vae runs/gan runs/acgan runs/attribute_classifier
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import torch

from inference.face_generator import TIE, FaceGenerator, distance_to_tie
from training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ("vae", "gan")  # what hw3_p1.sh and hw3_p2.sh draw with


def release(run: Path) -> Path:
    """Copies a finished run's best weights to weights/ and pins their sha256."""
    folder = RunFolder(run)
    if not folder.done:
        raise SystemExit(f"release: {run} is not a finished run")
    checkpoint = torch.load(folder.best, map_location="cpu", weights_only=True)
    if checkpoint["method"] in DRAWING:
        refuse_near_ties(run, FaceGenerator(folder.best.read_bytes()))
    weights = ROOT / "weights" / f"{'_'.join(checkpoint[part] for part in ('method', 'target') if part in checkpoint)}.pth"
    shutil.copyfile(folder.best, weights)
    pin(weights)
    return weights


def refuse_near_ties(run: Path, generator: FaceGenerator) -> None:
    """No level of the figure may be one that two machines could round differently."""
    distance = distance_to_tie(generator.images(generator.noise))
    if distance <= TIE:
        raise SystemExit(f"release: {run} draws a level {distance:.1e} from a rounding tie, not above {TIE}: train it an epoch longer")


def pin(weights: Path) -> None:
    """Sets the file's line in checkpoints.txt; the other lines stay."""
    name = f"weights/{weights.name}"
    line = f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  {name}"
    table = ROOT / "checkpoints.txt"
    text = re.sub(rf"^[0-9a-f]{{64}}  {re.escape(name)}\n", "", table.read_text(), flags=re.MULTILINE)
    table.write_text(f"{text}{line}\n")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(release(Path(folder)).relative_to(ROOT))
