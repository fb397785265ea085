"""python3 watched.py WORD MODULE …: runs the module as `python3 -m` does and prints which files with that word in
their paths it opened, and which folders it listed. In a process of its own: an audit hook stays."""

import runpy
import subprocess
import sys
from pathlib import Path

from tests import warm_python

ROOT = Path(__file__).resolve().parents[2]
WATCHED = ("open", "os.listdir", "os.scandir")


def opened(word: str, module: str, *arguments) -> list[str]:
    """The paths. The run must end well."""
    call = [warm_python.folder() / "python3", "-B", "-m", "tests.training.watched", word, module, *map(str, arguments)]
    result = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [line.removeprefix("opened ") for line in result.stdout.splitlines() if line.startswith("opened ")]


def run(word: str, module: str) -> None:
    def watch(event, arguments):
        if event in WATCHED and word in str(arguments[0]):
            print("opened", arguments[0])

    sys.addaudithook(watch)
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    run(*sys.argv[1:3])
