"""A project with small courses of its own: rooms are linked, reports/ is copied, a test fills figures/."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
LINKED = ("training", "inference", "models", "weights", "checkpoints.txt")
ITEMS = """title = "small"
[[items]]
id = "1"
title = "Error"
points = 5
needs = ["faces/scores.json", "faces/fig1_2.png"]
[[items]]
id = "2"
title = "Samples"
needs = ["brain/scores.json"]
awaited = true
"""
REPORT = """#import "/reports/look.typ": *
#show: report.with("Small", [])
#item("1")
#let run = scores("faces").runs.first()
#claim(run.mse < 0.05)[The error is #fixed(run.mse, digits: 3), which is small.]
#picture("faces/fig1_2.png", [A picture.])
#item("2")
#if ready("2") [There.]
"""
# Runs several commands in one process, since importing torch takes longer than any of them.
RUNNER = """import contextlib, io, json, pathlib, sys, tyro
from reports import package
from reports.__main__ import main
answers = []
for arguments in json.loads(sys.argv[1]):
    if arguments[0] == "write":
        pathlib.Path(arguments[1]).write_text(arguments[2])
        continue
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try: tyro.cli(package.main, args=arguments[1:]) if arguments[0] == "package" else main(arguments)
        except SystemExit as stopped: code = stopped.code
    answers.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""


def make_project(folder: Path) -> Path:
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "reports", folder / "reports", ignore=shutil.ignore_patterns("__pycache__", "built"))
    (folder / "figures/faces").mkdir(parents=True)
    (folder / "figures/faces/scores.json").write_text(scores(0.01))
    Image.new("RGB", (40, 20), "orange").save(folder / "figures/faces/fig1_2.png")
    return folder


def scores(mse: float) -> str:
    return json.dumps({"runs": [{"run": "vae", "mse": mse}]})


def add_course(project: Path, name: str, items: str = ITEMS, report: str = REPORT) -> None:
    (project / "reports" / name).mkdir()
    (project / "reports" / name / "items.toml").write_text(items)
    (project / "reports" / name / "report.typ").write_text(report)


def build(project: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of each; `write FILE TEXT` changes a file between two and has none."""
    ended = subprocess.run(
        [sys.executable, "-c", RUNNER, json.dumps(commands)], cwd=project, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return [tuple(answer) for answer in json.loads(ended.stdout)]
