"""Grades this project's own submission on the demo images; the last part of `make demo`.

Only what would be handed in is graded, not the virtual environment and the data beside it.
"""

import shutil
import sys
from pathlib import Path

from grading.__main__ import main

PROJECT = Path(__file__).resolve().parent.parent
DEMO = PROJECT / "demo"
HANDED_IN = ("hw3_p*.sh", "checkpoints.txt", "weights", "models", "inference", "figures")


def hand_in(folder: Path) -> Path:
    folder.mkdir()
    for path in (path for pattern in HANDED_IN for path in PROJECT.glob(pattern)):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, folder / path.name)
    return folder


if __name__ == "__main__":
    sys.exit(main([str(hand_in(DEMO / "submission")), "--data", str(DEMO / "hw3_data"), "--out", str(DEMO / "report")]))
