"""Trains a row of the table of systems.

    python3 -m training list                                    every row, with its time
    python3 -m training dann_svhn_usps --bf16 --seed 1 --out runs/dann_svhn_usps_1
    python3 -m training dann_svhn_usps --help                   every number of its recipe, with its reason

A run that was stopped goes on with --resume, to the same result. --smoke tries a row in seconds.
"""

import sys
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table

from training.errors import UserError, exit_in_one_line
from training.loop import train
from training.systems import ROWS, SYSTEMS, System


def find_system(name: str) -> System:
    if name not in SYSTEMS:
        near = get_close_matches(name, SYSTEMS)
        raise UserError(f"{name!r} is no row: give {' or '.join(near)}" if near else f"{name!r} is no row: `list` names them")
    return SYSTEMS[name]


def list_systems() -> None:
    table = Table(box=None, header_style="bold")
    for column in ("row", "what it is", "data", "minutes of one core"):
        table.add_column(column, no_wrap=column != "minutes of one core")
    for row in ROWS:
        table.add_row(row.name, row.title, row.family, str(row.minutes))
    Console().print(table)


def main(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("-h", "--help"):
        return print(__doc__.strip())
    name, *flags = arguments
    if name == "list":
        return list_systems()
    with exit_in_one_line("training"):
        system = find_system(name)
    defaults = replace(system.settings, out=Path("runs", system.name))
    settings = tyro.cli(type(defaults), default=defaults, args=flags, prog=f"python3 -m training {name}",
                        description=sys.modules[system.method.__module__].__doc__)
    with exit_in_one_line(name):
        train(system, settings)


if __name__ == "__main__":
    main(sys.argv[1:])
