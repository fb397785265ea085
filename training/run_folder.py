"""A run on disk: settings, a line of metrics an epoch, the last state, the best weights, pictures, scores."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.errors import RunError
from training.settings import RunSettings

# Paths, which are each machine's own, and switches that leave the result as it is: they may differ
# when a run is resumed, and no checkpoint records them. The first are of what a run starts from.
STARTS = {"gan", "autoencoder", "source_run", "encoder_run", "imagenet_file"}
# Runs that make the images which are learned from: the path is free, the run is not (`teachers`, below).
TEACHERS = {"codec", "generator"}
FREE = {"out", "data", "resume", "device", "teachers", *STARTS, *TEACHERS}


class RunFolder:
    """Writes every file in one step, so that a kill at any moment leaves the previous epoch whole."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.best, self.metrics_file, self._state = path / "best.pth", path / "metrics.jsonl", path / "state.pth"
        self._settings = path / "settings.json"

    @property
    def done(self) -> bool:
        return (self.path / "done").exists()

    def open(self, system: str, method: str, settings: RunSettings) -> None:
        """Creates the folder, or checks that the run in it is the one to be resumed. Raises RunError
        if it is not. A folder in which no epoch has ended holds nothing to lose and is free."""
        numbers = json.loads(json.dumps(dataclasses.asdict(settings), default=str))
        record = {"system": system, "method": method, **numbers, "teachers": teachers(settings)}
        if self._state.exists():
            if not settings.resume:
                raise RunError(f"{self.path} holds a run already: give --resume to go on, or another --out")
            self._take_up(self.settings(), record, settings.open_ended)
        self.path.mkdir(parents=True, exist_ok=True)
        replace_file(self._settings, lambda part: part.write_text(json.dumps(record, indent=2) + "\n"))

    def settings(self) -> dict:
        """Those of the run that is here; none where no epoch has ended."""
        return json.loads(self._settings.read_text()) if self._state.exists() else {}

    def _take_up(self, stored: dict, record: dict, open_ended: bool) -> None:
        """Refuses other numbers than the run's; an open-ended one may get more or fewer epochs."""
        if stored["system"] != record["system"]:
            raise RunError(f"{self.path} is a run of {stored['system']}, not of {record['system']}: give another --out")
        for name, sha256 in record["teachers"].items():
            if stored.get("teachers", {}).get(name) != sha256:
                raise RunError(f"{self.path} learned from another --{name} than {record[name]}: give that run")
        free = FREE | {"epochs"} if open_ended else FREE
        for key in record.keys() - free:
            if stored.get(key) != record[key]:
                raise RunError(
                    f"{self.path} was run with --{key} {stored.get(key)}, not {record[key]}: give another --out"
                )
        if stored["epochs"] != record["epochs"]:
            (self.path / "done").unlink(missing_ok=True)

    def save_state(self, state: dict) -> None:
        replace_file(self._state, lambda part: torch.save(state, part))

    def load_state(self, device: torch.device) -> dict | None:
        """The last saved state, or None where no epoch has ended yet."""
        if not self._state.exists():
            return None
        return torch.load(self._state, map_location=device, weights_only=True)

    def load_best(self) -> dict:
        """The checkpoint that inference loads, on the CPU."""
        return torch.load(self.best, map_location="cpu", weights_only=True)

    def write_metrics(self, epochs: list[dict]) -> None:
        lines = "".join(json.dumps(epoch) + "\n" for epoch in epochs)
        replace_file(self.metrics_file, lambda part: part.write_text(lines))

    def save_best(self, checkpoint: dict) -> None:
        replace_file(self.best, lambda part: torch.save(checkpoint, part))

    def save_epoch(self, epoch: int, checkpoint: dict) -> None:
        (self.path / "epochs").mkdir(exist_ok=True)
        replace_file(self.path / "epochs" / f"{epoch:04d}.pth", lambda part: torch.save(checkpoint, part))

    def epoch_files(self) -> list[Path]:
        """The checkpoints of a method that keeps every epoch's, in order."""
        return sorted((self.path / "epochs").glob("*.pth"))

    def save_picture(self, epoch: int, picture: np.ndarray) -> None:
        """What the epoch's network draws, uint8 H x W x 3."""
        (self.path / "samples").mkdir(exist_ok=True)
        replace_file(
            self.path / "samples" / f"{epoch:04d}.png", lambda part: Image.fromarray(picture).save(part, format="PNG")
        )

    def save_scores(self, scores: dict) -> None:
        replace_file(self.path / "scores.json", lambda part: part.write_text(json.dumps(scores, indent=2) + "\n"))

    def origin(self) -> dict:
        """What a run that starts from this one's weights records of it."""
        checkpoint = self.load_best()
        return {
            "system": checkpoint["system"],
            "seed": checkpoint["seed"],
            "epoch": checkpoint["validation"]["epoch"],
            "sha256": sha256_of(self.best),
        }

    def origin_of_state(self) -> dict:
        """`origin`, for a run that starts from the last state, whose epoch need not be the best."""
        last = read_metrics(self.path)[-1]["epoch"]
        return self.origin() | {"epoch": last, "sha256": sha256_of(self._state)}

    def finish(self) -> None:
        (self.path / "done").touch()


def finished_run(path: Path | None, flag: str, *rows: str) -> dict:
    """The checkpoint of another run that this one needs. Raises RunError, naming the flag, where there is no finished
    run of one of these rows."""
    wanted = " or ".join(rows)
    if path is None:
        raise RunError(f"give {flag}, the folder of a finished run of {wanted}")
    if not RunFolder(path).done:
        raise RunError(f"{flag} {path} is not a finished run of {wanted}: train it first")
    checkpoint = RunFolder(path).load_best()
    if checkpoint["system"] not in rows:
        raise RunError(f"{flag} {path} is a run of {checkpoint['system']}: give one of {wanted}")
    return checkpoint


def teachers(settings: RunSettings) -> dict[str, str | None]:
    """The sha256 of the weights of each run that these settings learn from; None where there are none yet."""
    paths = {name: path for name, path in dataclasses.asdict(settings).items() if name in TEACHERS and path is not None}
    return {name: sha256_of(best) if (best := RunFolder(path).best).exists() else None for name, path in paths.items()}


def sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_metrics(run: Path) -> list[dict]:
    return [json.loads(line) for line in (Path(run) / "metrics.jsonl").read_text().splitlines()]


def read_metrics_by_step(run: Path) -> list[dict]:
    """`read_metrics`, and the `step` after which each epoch ended: methods' epochs differ in length."""
    steps = json.loads((Path(run) / "settings.json").read_text())["steps_per_epoch"]
    return [epoch | {"step": steps * epoch["epoch"]} for epoch in read_metrics(run)]


def replace_file(file: Path, write: Callable[[Path], object]) -> None:
    """`write` fills a file beside it, which then takes its place in one step: a kill leaves the earlier one whole."""
    part = file.with_name(file.name + ".part")
    write(part)
    os.replace(part, file)
