"""How fast a class is graded, and how much of the time is not the submissions' own.

    python3 -m grading.bench --copies 100 --jobs 2

Grades copies of a tiny submission, so that it shows the grader's cost at its worst.
"""

import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import tyro
from PIL import Image

from grading.bubblewrap import environment
from grading.classroom import grade_class
from grading.grade import Order
from grading.kinds.predictions import PredictionProblem
from grading.names import RunName
from grading.runs import Call, Runner
from grading.scheme import DEFAULT, Scheme, read_scheme
from grading.tables import Limits

IMAGES = 100
RUNS = 20  # of the script alone, with and without a sandbox
CALL = Call(["{images}", "svhn", "{output}"], "out.csv", "svhn")
RUNS_GRADED = 2  # a submission: one problem, one domain, run twice
SCRIPT = """python3 -c '
import os, sys
rows = "".join(f"{name},0\\n" for name in sorted(os.listdir(sys.argv[1])))
open(sys.argv[3], "w").write("image_name,label\\n" + rows)' "$@"
"""


@dataclass(frozen=True)
class Settings:
    copies: int = 100
    jobs: int = 2


def make_data(folder: Path) -> Path:
    images = folder / "digits" / "svhn" / "test"
    images.mkdir(parents=True)
    names = [f"{number:05}.png" for number in range(IMAGES)]
    for name in names:
        Image.fromarray(np.zeros((28, 28, 3), dtype=np.uint8)).save(images / name)
    images.with_suffix(".csv").write_text("image_name,label\n" + "".join(f"{name},0\n" for name in names))
    return folder


def make_submission(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "hw3_p3.sh").write_text(SCRIPT)
    return folder


def one_problem() -> Scheme:
    problem = PredictionProblem(
        name="p3",
        item="accuracy",
        script="hw3_p3.sh",
        domains=["svhn"],
        running=3,
        reached=[7],
        baseline={"svhn": 40.0},
    )
    return msgspec.structs.replace(read_scheme(DEFAULT), problems=[problem], written=[])


def sandboxed_seconds(submission: Path, images: Path, work: Path, limits: Limits) -> float:
    """Median of the whole of one run: start of the sandbox to its end, output taken."""
    work.mkdir()
    runner, seconds = Runner(submission, work, work / "raw", limits, protected=True, again=False), []
    with closing(runner.copies):
        for number in range(RUNS):
            start = time.perf_counter()
            runner.run(RunName("p3", "svhn", str(number)), "hw3_p3.sh", CALL, images)
            seconds.append(time.perf_counter() - start)
    return median(seconds)


def bare_seconds(submission: Path, images: Path, output: Path, limits: Limits) -> float:
    """Median of the script alone."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(
            ["bash", submission / "hw3_p3.sh", images, "svhn", output], check=True, env=environment("/tmp", limits)
        )
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def measure(folder: Path, settings: Settings) -> None:
    folder.chmod(0o755)
    scheme, data = one_problem(), make_data(folder / "data")
    images = data / "digits" / "svhn" / "test"
    tiny = make_submission(folder / "tiny")
    bare = bare_seconds(tiny, images, folder / "bare.csv", scheme.limits)
    inside = sandboxed_seconds(tiny, images, folder / "work", scheme.limits)
    for number in range(settings.copies):
        make_submission(folder / "class" / f"{number:03}")
    start = time.perf_counter()
    grade_class(Order(folder / "class", data, folder / "out", scheme), settings.jobs)
    seconds = time.perf_counter() - start
    own = settings.copies * RUNS_GRADED * bare
    print(f"a run: {bare:.3f} s alone, {inside:.3f} s in the sandbox, which costs {inside - bare:.3f} s")
    print(
        f"{settings.copies} submissions in {seconds:.1f} s with {settings.jobs} jobs: "
        f"{60 * settings.copies / seconds:.0f} a minute"
    )
    print(f"{100 * (1 - own / (seconds * settings.jobs)):.0f} % of the jobs' time is not the submissions' own")


def main() -> None:
    settings = tyro.cli(Settings, description=__doc__)
    with tempfile.TemporaryDirectory(prefix="grading_bench_") as folder:
        measure(Path(folder), settings)


if __name__ == "__main__":
    main()
