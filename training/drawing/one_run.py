"""Figures that show one run of each row."""

from pathlib import Path

from training.errors import DataError


def one_run_of_each(systems: dict[Path, str]) -> dict[str, Path]:
    """{run: its row} -> {row: its run}. Raises DataError where two runs are of one row: one would hide the other."""
    found = {}
    for run, system in systems.items():
        if system in found:
            raise DataError(f"{found[system]} and {run} are both runs of {system}: give one of them")
        found[system] = run
    return found
