"""Submissions whose author has read this repository. One class holds them all, so that they cost little."""

from typing import NamedTuple

# The attack, then a CSV that is right in form, so that the script's own points say whether the run went well.
SCRIPT = """python3 -S attack.py "$@"
{ echo image_name,label; for image in "$1"/*; do echo "${image##*/},0"; done; } > "$3"
"""
THROUGH = "WENT THROUGH"
BEGIN = f"def through(what): print('{THROUGH}:', what, flush=True)\n"
RUNS = 3  # points for a CSV that is right in form; no attack earns more


class Case(NamedTuple):
    attack: str = ""  # Python; calls through() where it succeeds
    script: str = SCRIPT
    files: dict[str, str] = {}
    points: float = RUNS
    says: str = ""  # somewhere in results.json
