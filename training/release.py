"""Publishes trained weights: run folders -> weights/<method>_<target>.pth, pinned in checkpoints.txt.

    python3 -m training.release runs/dann_usps_mnistm runs/dann_mnistm_svhn runs/dann_svhn_usps
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import torch

from training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parent.parent


def release(run: Path) -> Path:
    """Copies a finished run's best weights to weights/ and pins their sha256."""
    folder = RunFolder(run)
    if not folder.done:
        raise SystemExit(f"release: {run} is not a finished run")
    checkpoint = torch.load(folder.best, map_location="cpu", weights_only=True)
    weights = ROOT / "weights" / f"{checkpoint['method']}_{checkpoint['target']}.pth"
    shutil.copyfile(folder.best, weights)
    pin(weights)
    return weights


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
