"""The training loop, written once: epochs, resume, progress, best weights.

What a step learns is the method's business (training/methods/), what its batches are the data's
(training/data/), what lies on disk the run folder's (training/run_folder.py).
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from math import inf

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from inference.picture import image_grid
from inference.pixels import to_uint8
from training.drawing.curves import draw_panels
from training.errors import UserError
from training.methods.base import Method
from training.precision import with_precision
from training.run_folder import FREE, RunFolder
from training.settings import RunSettings, shrunk_for_smoke
from training.systems.system import System


def train(system: System, settings: RunSettings) -> None:
    """Runs or resumes one training; leaves best.pth, metrics.jsonl, curves.png and `done` in settings.out."""
    refuse_impossible(settings)
    settings = shrunk_for_smoke(settings) if settings.smoke else settings
    run, device = RunFolder(settings.out), pick_device(settings.device)
    settings = with_precision(settings, run, device)
    run.open(system.name, system.method.name, settings)
    if run.done:
        return print(f"{run.path} is done already")
    data = system.load(settings, device)
    torch.manual_seed(settings.seed)
    method = system.method(settings, device)
    epochs = restore(run, method, data)
    with progress_bar() as progress:
        bar = progress.add_task(system.name, total=settings.steps, completed=method.step)
        for epoch in range(len(epochs), settings.epochs):
            metrics = train_epoch(run, method, data, epoch, lambda: progress.advance(bar))
            method.check(metrics)
            finish_epoch(run, system, method, epochs, metrics)
            progress.console.print(f"epoch {epoch + 1}/{settings.epochs} " + describe(metrics), soft_wrap=True)
    draw_panels(epochs, run.path / "curves.png", system.title, method.panels)
    run.finish()


def refuse_impossible(settings: RunSettings) -> None:
    """Raises UserError where a number is too small for any run."""
    for name, least in (("seed", 0), ("epochs", 1), ("steps_per_epoch", 1), ("batch", 1)):
        if getattr(settings, name) < least:
            raise UserError(f"--{name.replace('_', '-')} {getattr(settings, name)}: give {least} or more")


def train_epoch(run: RunFolder, method: Method, data, epoch: int, advance: Callable[[], None]) -> dict[str, float]:
    """One epoch's updates, then validation. Depends on the seed and the epoch alone, so a resumed
    run repeats nothing and differs in nothing."""
    seed = 1000 * method.settings.seed + epoch
    torch.manual_seed(seed)
    method.seed(seed)
    begin, losses = time.monotonic(), defaultdict(list)
    for batch in data.batches(method.settings, seed):
        for name, value in method.update(*batch).items():
            losses[name].append(value)
        method.step += 1
        advance()
    images_per_second = method.settings.images_per_epoch / (time.monotonic() - begin)
    method.end_epoch(data)
    picture = method.picture(data)
    if picture is not None:
        run.save_picture(epoch + 1, image_grid(to_uint8(picture.cpu())))
    means = {name: statistics.fmean(values) for name, values in losses.items()}
    return {"epoch": epoch + 1, **means, **method.validate(data), "images_per_second": round(images_per_second)}


def finish_epoch(run: RunFolder, system: System, method: Method, epochs: list[dict], metrics: dict) -> None:
    """Keeps the weights if this epoch validates best so far (the later of equals), then the state."""
    best = max((epoch.get(method.choice, -inf) for epoch in epochs), default=-inf)
    if metrics.get(method.choice, -inf) >= best:
        run.save_best(checkpoint(system, method, metrics))
    if method.keeps_epochs:
        run.save_epoch(metrics["epoch"], checkpoint(system, method, metrics))
    epochs.append(metrics)
    run.write_metrics(epochs)
    run.save_state({"method": method.state(), "epochs": epochs})


def checkpoint(system: System, method: Method, metrics: dict) -> dict:
    """What inference loads: weights, what rebuilds the network, and where they come from."""
    settings = {name: value for name, value in asdict(method.settings).items() if name not in FREE}
    return {
        "system": system.name,
        "method": method.name,
        **method.checkpoint(),
        "settings": settings,
        "seed": method.settings.seed,
        "validation": metrics,
        "started_from": method.started_from,
    }


def restore(run: RunFolder, method: Method, data) -> list[dict]:
    """The metrics of the epochs already run, with the method set to where they left it, or to a start."""
    state = run.load_state(method.device)
    if state is None:
        method.start(data)
        return []
    method.load_state(state["method"])
    return state["epochs"]


def pick_device(name: str) -> torch.device:
    """Raises UserError where there is no such device on this machine."""
    if name != "auto":
        return usable_device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def usable_device(name: str) -> torch.device:
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError):  # torch raises both where it has no such device
        raise UserError(f"--device {name}: torch finds no such device here; give cpu, or auto") from None


def progress_bar() -> Progress:
    console = Console()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def describe(metrics: dict) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in metrics.items() if name != "epoch")
