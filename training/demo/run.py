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

from training.demo.entrypoint import REPOSITORY, SCRIPTS, prediction_command, ta_environment
from training.scores.digits import scenario_title
from training.scores.predictions import complaints, score
from training.synthetic.digits import make_demo

FOLDER = REPOSITORY / "demo"
# What each domain's weights were trained on.
SCENARIOS = {"usps": ("svhn", "usps"), "mnistm": ("usps", "mnistm"), "svhn": ("mnistm", "svhn")}
IMAGES = 1000  # a domain: accuracy to one percent or two, within seconds


def predict(script: str, images: Path, domain: str, csv: Path) -> float:
    """Seconds that the script takes. Where it fails, exits with its exit code; it has said why."""
    command = prediction_command(script, images, domain, csv)
    print(shlex.join(command), flush=True)
    start = time.perf_counter()
    ended = subprocess.run(command, env=ta_environment())
    if ended.returncode:
        sys.exit(ended.returncode)
    return time.perf_counter() - start


def demonstrate(script: str, images: Path, domain: str) -> tuple[float, float]:
    """Predicts and scores one domain's images: accuracy in percent, seconds of the prediction."""
    csv = FOLDER / f"{Path(script).stem}_{domain}.csv"
    seconds = predict(script, images, domain, csv)
    result = score(csv, images.with_suffix(".csv"))
    for line in complaints(result):
        print(f"{domain}: {line}", file=sys.stderr)
    return result.accuracy, seconds


def main() -> None:
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    table = Table(title=f"{IMAGES} demo images a domain")
    for column in ("script", "scenario"):
        table.add_column(column)
    for column in ("accuracy", "time"):
        table.add_column(column, justify="right")
    for domain, scenario in SCENARIOS.items():
        images = make_demo(FOLDER / "hw3_data", domain, IMAGES)
        for script in SCRIPTS:
            accuracy, seconds = demonstrate(script, images, domain)
            table.add_row(script, scenario_title(*scenario), f"{accuracy:.1f} %", f"{seconds:.1f} s")
    Console().print(table)
    print("These digits are look-alikes, made on the spot: what scripts reach on the course's own stands in README.md.")


if __name__ == "__main__":
    main()
