"""Trains a row of the table of systems.

    python3 -m training list                                    every row, with its time
    python3 -m training dann_svhn_usps --seed 1 --out runs/dann_svhn_usps_1
    python3 -m training dann_svhn_usps --help                   every number of its recipe, with its reason

A run that was stopped goes on with --resume, to the same result. --smoke tries a row in seconds, in
runs/smoke, where it stands in no real run's way and no scorer of runs/* takes it for one.
"""

import sys
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import tyro

from training.errors import UserError, exit_in_one_line
from training.loop import train
from training.systems import ROWS, SYSTEMS
from training.systems.system import System


def find_system(name: str) -> System:
    if name not in SYSTEMS:
        near = get_close_matches(name, SYSTEMS)
        raise UserError(
            f"{name!r} is no row: give {' or '.join(near)}" if near else f"{name!r} is no row: `list` names them"
        )
    return SYSTEMS[name]


def list_systems() -> None:
    """A line a row, as wide as it must be: whoever pipes the list into another program gets whole names."""
    name, title = (max(len(getattr(row, column)) for row in ROWS) for column in ("name", "title"))
    lines = [f"{row.name:<{name}}  {row.title:<{title}}  {row.family:<12}  {row.minutes:>3}" for row in ROWS]
    print("\n".join([f"{'row':<{name}}  {'what it is':<{title}}  {'data':<12}  minutes of one core", *lines]))


def main(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("-h", "--help"):
        return print(__doc__.strip())
    name, *flags = arguments
    if name == "list":
        return list_systems()
    with exit_in_one_line("training"):
        system = find_system(name)
    folder = Path("runs", "smoke") if "--smoke" in flags else Path("runs")
    defaults = replace(system.settings, out=folder / system.name)
    settings = tyro.cli(
        type(defaults),
        default=defaults,
        args=flags,
        prog=f"python3 -m training {name}",
        description=sys.modules[system.method.__module__].__doc__,
    )
    with exit_in_one_line(name, "interrupted; --resume goes on from the last epoch"):
        train(system, settings)


if __name__ == "__main__":
    main(sys.argv[1:])
