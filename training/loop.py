"""The training loop, written once: batches, epochs, validation, resume, progress, best weights.

What a step does is the method's business (training/method.py); what lies on disk is the run
folder's (training/run_folder.py).
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Generator, Tensor

from inference.image_folder import FolderError, UnreadableImage
from training.curves import draw_run
from training.demo_images import demo_arrays
from training.digit_data import DataError, LabelledImages, read_images, read_labelled
from training.method import DigitMethod
from training.run_folder import FREE, RunError, RunFolder
from training.settings import Settings, shrunk_for_smoke

VALIDATION_SHARE = 0.1   # of the source's training split
VALIDATION_SEED = 20201  # the same split for every run, whatever its seed
SMOKE_IMAGES = 200


@dataclass(frozen=True)
class Data:
    """What training sees: labelled source, a held-out part of it, and the target without labels."""

    source: LabelledImages
    validation: LabelledImages
    target: Tensor


def run_command(method_class: type[DigitMethod], settings_class: type[Settings]) -> None:
    """The command line of a training script: exit code 0, or 2 with one line on stderr."""
    settings = tyro.cli(settings_class, description=sys.modules["__main__"].__doc__)
    try:
        train(method_class, settings)
    except (DataError, FolderError, RunError, UnreadableImage) as error:
        print(f"{method_class.name}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print(f"{method_class.name}: interrupted; --resume goes on from the last epoch", file=sys.stderr)
        raise SystemExit(130) from None


def train(method_class: type[DigitMethod], settings: Settings) -> None:
    """Runs or resumes one training; leaves best.pth, metrics.jsonl, curves.png and `done` in settings.out."""
    settings = shrunk_for_smoke(settings) if settings.smoke else settings
    run = RunFolder(settings.out)
    run.open(settings)
    if run.done:
        return print(f"{run.path} is done already")
    device = pick_device(settings.device)
    data = load(settings, device)
    torch.manual_seed(settings.seed)
    method = method_class(settings, device)
    epochs = restore(run, method)
    with progress_bar() as progress:
        bar = progress.add_task(method.name, total=settings.steps, completed=method.step)
        for epoch in range(len(epochs), settings.epochs):
            metrics = train_epoch(method, data, epoch, lambda: progress.advance(bar))
            finish_epoch(run, method, epochs, metrics)
            progress.console.print(f"epoch {epoch + 1}/{settings.epochs} " + describe(metrics), soft_wrap=True)
    draw_run(epochs, run.path / "curves.png", f"{method.name}, {settings.source} → {settings.target}")
    run.finish()


def train_epoch(method: DigitMethod, data: Data, epoch: int, advance) -> dict[str, float]:
    """One epoch's updates, then validation. Depends on the seed and the epoch alone, so a resumed
    run repeats nothing and differs in nothing."""
    seed = 1000 * method.settings.seed + epoch
    torch.manual_seed(seed)
    method.seed(seed)
    begin, losses = time.monotonic(), defaultdict(list)
    for batch in batches(data, method.settings, seed):
        for name, value in method.update(*batch).items():
            losses[name].append(value)
        advance()
    images_per_second = method.settings.steps_per_epoch * method.settings.batch / (time.monotonic() - begin)
    means = {name: statistics.fmean(values) for name, values in losses.items()}
    return {"epoch": epoch + 1, **means, **validate(method, data), "images_per_second": round(images_per_second)}


def batches(data: Data, settings: Settings, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """An epoch of (source images, source labels, target images), classes of the source balanced."""
    generator = Generator().manual_seed(seed)
    labels = data.source.labels.cpu()
    weights = 1 / torch.bincount(labels, minlength=10)[labels].float()
    count = settings.steps_per_epoch * settings.batch
    source_rows = torch.multinomial(weights, count, replacement=True, generator=generator)
    target_rows = torch.randint(len(data.target), (count,), generator=generator)
    for rows, target in zip(source_rows.split(settings.batch), target_rows.split(settings.batch), strict=True):
        rows, target = rows.to(data.target.device), target.to(data.target.device)
        yield data.source.images[rows], data.source.labels[rows], data.target[target]


def validate(method: DigitMethod, data: Data) -> dict[str, float]:
    """Accuracy in percent on held-out source digits augmented as in training, and what the target's
    unlabelled images show: mean confidence in percent, entropy in nats."""
    method.seed(VALIDATION_SEED)  # the same distortions every epoch, or luck would choose among epochs
    method.end_epoch(data.source.images, data.target)
    rows = torch.arange(len(data.validation.images), device=data.target.device) % len(data.target)
    images = method.augmented_source(data.validation.images, data.target[rows])
    correct = method.predict_source(images).argmax(1) == data.validation.labels
    probabilities = method.predict(data.target[:5000]).softmax(1)
    entropy = torch.special.entr(probabilities).sum(1).mean()
    return {"validation_accuracy": 100 * correct.float().mean().item(),
            "target_confidence": 100 * probabilities.amax(1).mean().item(), "target_entropy": entropy.item()}


def finish_epoch(run: RunFolder, method: DigitMethod, epochs: list[dict], metrics: dict) -> None:
    """Keeps the weights if this epoch validates best so far (the later of equals), then the state."""
    best = max((epoch.get(method.choice, 0) for epoch in epochs), default=0)
    if metrics.get(method.choice, 0) >= best:
        run.save_best(checkpoint(method, metrics))
    epochs.append(metrics)
    run.write_metrics(epochs)
    run.save_state({"method": method.state(), "epochs": epochs})


def checkpoint(method: DigitMethod, metrics: dict) -> dict:
    """What inference loads: weights, what rebuilds the network, and where they come from."""
    settings = {name: value for name, value in asdict(method.settings).items() if name not in FREE}
    state = {name: value.cpu().contiguous() for name, value in method.predictor.state_dict().items()}
    return {"method": method.name, "source": method.settings.source, "target": method.settings.target,
            "arguments": method.predictor.arguments, "state": state, "settings": settings,
            "seed": method.settings.seed, "validation": metrics}


def restore(run: RunFolder, method: DigitMethod) -> list[dict]:
    """The metrics of the epochs already run, with the method set to where they left it."""
    state = run.load_state(method.device)
    if state is None:
        return []
    method.load_state(state["method"])
    return state["epochs"]


def load(settings: Settings, device: torch.device) -> Data:
    """Reads source and target onto the device, and holds a part of the source out."""
    if settings.smoke:
        labelled, target = smoke_images(settings.source), smoke_images(settings.target).images
    else:
        labelled = read_labelled(settings.data, settings.source, "train")
        target = read_images(settings.data, settings.target, "train")
    order = torch.randperm(len(labelled.labels), generator=Generator().manual_seed(VALIDATION_SEED))
    held_out, kept = order.tensor_split([int(VALIDATION_SHARE * len(order))])
    return Data(labelled[kept].to(device), labelled[held_out].to(device), target.to(device))


def smoke_images(domain: str) -> LabelledImages:
    images, labels = demo_arrays(domain, SMOKE_IMAGES, seed=0)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))


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
