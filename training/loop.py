"""The training loop, written once: epochs, resume, progress, best weights.

What a step does is the method's business (training/methods/adaptation.py, training/methods/face_method.py); what its
batches and its validation are, its task's (training/data/digit_task.py, training/data/face_task.py); what
lies on disk, the run folder's (training/run_folder.py).
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from math import inf

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from inference.image_folder import FolderError, UnreadableImage
from training.measures.collapse import TrainingCollapsed
from training.data.folder_cache import DataError
from training.run_folder import FREE, RunError, RunFolder
from training.settings import RunSettings, shrunk_for_smoke


def run_command(method_class: type, settings_class: type[RunSettings]) -> None:
    """The command line of a training script: exit code 0, or with one line on stderr 2, and 130 after Ctrl-C."""
    settings = tyro.cli(settings_class, description=sys.modules["__main__"].__doc__)
    try:
        train(method_class, settings)
    except (DataError, FolderError, OSError, RunError, TrainingCollapsed, UnreadableImage) as error:
        print(f"{method_class.name}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print(f"{method_class.name}: interrupted; --resume goes on from the last epoch", file=sys.stderr)
        raise SystemExit(130) from None


def train(method_class: type, settings: RunSettings) -> None:
    """Runs or resumes one training; leaves best.pth, metrics.jsonl, curves.png and `done` in settings.out."""
    settings = shrunk_for_smoke(settings) if settings.smoke else settings
    run = RunFolder(settings.out)
    run.open(method_class.name, settings)
    if run.done:
        return print(f"{run.path} is done already")
    device = pick_device(settings.device)
    data = method_class.task.load(settings, device)
    torch.manual_seed(settings.seed)
    method = method_class(settings, device)
    epochs = restore(run, method, data)
    with progress_bar() as progress:
        bar = progress.add_task(method.name, total=settings.steps, completed=method.step)
        for epoch in range(len(epochs), settings.epochs):
            metrics = train_epoch(method, data, epoch, lambda: progress.advance(bar))
            method.task.check(metrics)
            finish_epoch(run, method, epochs, metrics)
            progress.console.print(f"epoch {epoch + 1}/{settings.epochs} " + describe(metrics), soft_wrap=True)
    method.task.draw(method, epochs, run.path / "curves.png")
    run.finish()


def train_epoch(method, data, epoch: int, advance: Callable[[], None]) -> dict[str, float]:
    """One epoch's updates, then validation. Depends on the seed and the epoch alone, so a resumed
    run repeats nothing and differs in nothing."""
    seed = 1000 * method.settings.seed + epoch
    torch.manual_seed(seed)
    method.seed(seed)
    begin, losses = time.monotonic(), defaultdict(list)
    for batch in method.task.batches(data, method.settings, seed):
        for name, value in method.update(*batch).items():
            losses[name].append(value)
        advance()
    images_per_second = method.settings.steps_per_epoch * method.settings.batch / (time.monotonic() - begin)
    metrics = {"epoch": epoch + 1, **{name: statistics.fmean(values) for name, values in losses.items()}}
    return metrics | method.task.validate(method, data) | {"images_per_second": round(images_per_second)}


def finish_epoch(run: RunFolder, method, epochs: list[dict], metrics: dict) -> None:
    """Keeps the weights if this epoch validates best so far (the later of equals), then the state."""
    best = max((epoch.get(method.choice, -inf) for epoch in epochs), default=-inf)
    if metrics.get(method.choice, -inf) >= best:
        run.save_best(checkpoint(method, metrics))
    epochs.append(metrics)
    run.write_metrics(epochs)
    run.save_state({"method": method.state(), "epochs": epochs})


def checkpoint(method, metrics: dict) -> dict:
    """What inference loads: weights, what rebuilds the network, and where they come from."""
    settings = {name: value for name, value in asdict(method.settings).items() if name not in FREE}
    return {"method": method.name, **method.task.checkpoint(method), "settings": settings,
            "seed": method.settings.seed, "validation": metrics}


def restore(run: RunFolder, method, data) -> list[dict]:
    """The metrics of the epochs already run, with the method set to where they left it, or to a start."""
    state = run.load_state(method.device)
    if state is None:
        method.task.start(method, data)
        return []
    method.load_state(state["method"])
    return state["epochs"]


def pick_device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def progress_bar() -> Progress:
    console = Console()
    return Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} steps"),
                    TimeRemainingColumn(), console=console, disable=not console.is_terminal)


def describe(metrics: dict) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in metrics.items() if name != "epoch")
