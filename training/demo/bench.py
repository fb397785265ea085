"""What `make bench` prints: speed and memory of the predicting scripts, and training speed of each method.

Nothing here fails because a machine is slow: it measures, the reader judges. About two minutes.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from training.demo.entrypoint import SCRIPTS, prediction_command, ta_environment

DOMAIN = "mnistm"  # photos: of the three the PNGs that take longest to decode
SIZES = (6_500, 13_000, 26_000)  # doubled twice: time should double along, memory stay
START_UP = "start-up (imports, weights)"
SPEED_ROWS = ("source_only_usps_mnistm", "dann_usps_mnistm", "mean_teacher_usps_mnistm", "target_only_mnistm")
# The mean teacher's source and target together: the dearest of its three phases.
SPEED_SETTINGS = {"mean_teacher_usps_mnistm": {"target_from": 0}}
WARM_UP, STEPS = 3, 20  # training steps before the clock runs, and under it
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that ru_maxrss counts in


def in_fresh_process(function: Callable, *arguments):
    """Calls a function of this module where nothing is imported or warm yet, and keeps this process small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def make_images(folder: Path, count: int) -> Path:
    from training.synthetic.digits import make_demo

    return make_demo(folder, DOMAIN, count)


def time_script(script: str, images: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a script on a folder: of its largest process, its children included.

    Where it fails, exits with its exit code; it has said why.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        prediction_command(script, images, DOMAIN, images.parent / "out.csv"), env=ta_environment()
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))
    return seconds, usage.ru_maxrss * RSS_UNIT / 2**20


def time_parts(images: Path) -> dict[str, float]:
    """Seconds of each part of a prediction, one after the other, through inference's own functions."""
    clock = Clock()
    from inference import csv_output, image_folder, output_file, pinned_files, predict

    labels_of = predict.load_predictor(pinned_files.read_pinned(f"dann_{DOMAIN}.pth"))
    clock.charge(START_UP)
    names, labels = image_folder.list_images(str(images)), []
    for start in range(0, len(names), predict.BATCH_SIZE):
        batch = image_folder.decode_batch(str(images), names[start : start + predict.BATCH_SIZE])
        clock.charge("decoding")
        labels.extend(labels_of(batch).tolist())
        clock.charge("network")
    output = str(images.parent / "out.csv")
    csv_output.write_csv(output, output_file.temporary_beside(output), zip(names, labels, strict=True))
    clock.charge("writing")
    return clock.seconds


class Clock:
    """Charges the time since the last charge to a part."""

    def __init__(self):
        self.seconds, self.last = {}, time.perf_counter()

    def charge(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0) + now - self.last
        self.last = now


def training_speeds() -> tuple[str, int, dict[str, float]]:
    """Device, batch size, and for the rows of SPEED_ROWS the source images a second."""
    from training.loop import pick_device
    from training.systems import SYSTEMS

    device, systems = pick_device("auto"), [SYSTEMS[name] for name in SPEED_ROWS]
    return device.type, systems[0].settings.batch, {system.title: training_speed(system, device) for system in systems}


def training_speed(system, device) -> float:
    """Source images a second. Each update ends by reading its losses, so nothing is left running on the device."""
    settings = replace(system.settings, **SPEED_SETTINGS.get(system.name, {}))
    method = system.method(settings, device)
    batch = demo_batch(settings.source, settings, device)
    if method.sees_target:
        batch = *batch, demo_batch(settings.target, settings, device)[0]
    for step in range(WARM_UP + STEPS):
        if step == WARM_UP:
            start = time.perf_counter()
        method.update(*batch)
        method.step += 1
    return STEPS * settings.batch / (time.perf_counter() - start)


def demo_batch(domain: str, settings, device) -> tuple:
    """One batch of demo images, uint8 N x 3 x 28 x 28, and their labels N, on the device."""
    import torch

    from training.synthetic.digits import demo_arrays

    images, labels = demo_arrays(domain, settings.batch)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device), torch.from_numpy(labels).to(device)


def table(*columns: str) -> Table:
    """A table with names on the left and numbers on the right of their columns."""
    result = Table()
    for column in columns:
        result.add_column(column, justify="left" if column in ("script", "part", "method") else "right")
    return result


def prediction_table(folders: dict[int, Path]) -> Table:
    result = table("script", "images", "seconds", "images a second", "peak MiB")
    time_script("hw3_p3.sh", folders[SIZES[0]])  # reads PyTorch from disk into the system's cache
    for (count, images), script in product(folders.items(), SCRIPTS):
        seconds, memory = time_script(script, images)
        result.add_row(script, f"{count:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}", f"{memory:.0f}")
    return result


def parts_table(seconds: dict[str, float], count: int) -> Table:
    result = table("part", "seconds", "images a second")
    for part, spent in seconds.items():
        result.add_row(part, f"{spent:.2f}", "" if part == START_UP else f"{count / spent:,.0f}")
    return result


def training_table(speeds: dict[str, float]) -> Table:
    result = table("method", "source images a second")
    for method, speed in speeds.items():
        result.add_row(method, f"{speed:,.0f}")
    return result


def main() -> None:
    show = Console().print
    with tempfile.TemporaryDirectory(prefix="digits-bench-") as folder:
        show(f"Making {sum(SIZES):,} demo images. This machine has {os.cpu_count()} cores.")
        folders = {count: in_fresh_process(make_images, Path(folder, str(count)), count) for count in SIZES}
        show(f"\nPredicting {DOMAIN}, the whole process:", prediction_table(folders), sep="\n")
        count, images = folders.popitem()
        show(
            f"\nThe parts of hw3_p3.sh on {count:,} images, one after the other (the script does two at once):",
            parts_table(in_fresh_process(time_parts, images), count),
            sep="\n",
        )
    device, batch, speeds = in_fresh_process(training_speeds)
    show(
        f"\nTraining on {device}, batches of {batch} source and {batch} target images:",
        training_table(speeds),
        sep="\n",
    )


if __name__ == "__main__":
    main()
