"""What `make demo` shows: demo images of each domain, predicted the way a TA does it, and scored.

The images and predictions stay in demo/ to be looked at; the folder is made anew each time.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from training.demo_images import make_demo
from training.entrypoint import REPOSITORY, prediction_command, ta_environment
from training.score import complaints, score

FOLDER = REPOSITORY / "demo"
SCENARIOS = {"usps": "SVHN → USPS", "mnistm": "USPS → MNIST-M", "svhn": "MNIST-M → SVHN"}
IMAGES = 1000   # a domain: accuracy to one percent or two, within seconds


def predict(images: Path, domain: str, csv: Path) -> float:
    """Seconds that hw3_p3.sh takes. Where it fails, exits with its exit code; it has said why."""
    command = prediction_command(images, domain, csv)
    print(shlex.join(command), flush=True)
    start = time.perf_counter()
    ended = subprocess.run(command, env=ta_environment())
    if ended.returncode:
        sys.exit(ended.returncode)
    return time.perf_counter() - start


def demonstrate(domain: str) -> tuple[float, float]:
    """Makes, predicts and scores one domain's images: accuracy in percent, seconds of the prediction."""
    images, csv = make_demo(FOLDER / "hw3_data", domain, IMAGES), FOLDER / f"{domain}.csv"
    seconds = predict(images, domain, csv)
    result = score(csv, images.with_suffix(".csv"))
    for line in complaints(result):
        print(f"{domain}: {line}", file=sys.stderr)
    return result.accuracy, seconds


def main() -> None:
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    table = Table(title=f"{IMAGES} demo images a domain")
    table.add_column("scenario")
    table.add_column("accuracy", justify="right")
    table.add_column("time", justify="right")
    for domain, scenario in SCENARIOS.items():
        accuracy, seconds = demonstrate(domain)
        table.add_row(scenario, f"{accuracy:.1f} %", f"{seconds:.1f} s")
    Console().print(table)


if __name__ == "__main__":
    main()
