"""Run folders as scorers and drawings find them, without a training."""

from pathlib import Path

import torch


def write_finished(run: Path, **checkpoint) -> Path:
    """A finished run with that checkpoint."""
    run.mkdir(parents=True)
    torch.save(checkpoint, run / "best.pth")
    (run / "done").touch()
    return run


def write_of_another_method(run: Path) -> Path:
    """A finished run that no scorer or drawing knows."""
    return write_finished(run, system="another", method="another", seed=0, settings={})
