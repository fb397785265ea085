"""Makes every table of results from the JSON under figures/, and puts it where README and docs show it.

    python3 -m training.scores.tables

A page shows a table between the lines `<!-- from figures/digits/summary.md -->` and `<!-- end -->`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from training.errors import exit_in_one_line
from training.release import ROOT
from training.run_folder import replace_file
from training.scores import (
    autoencoders,
    bounds,
    brain,
    digit_generator_table,
    digits,
    endoscopy,
    face_table,
    few_labels,
    photos,
    pixelda_table,
)
from training.scores.command import read_scores

R = TypeVar("R")


def digit_results() -> list[digits.Result]:
    return stored("digits", digits.from_json)


def stored(family: str, from_json: Callable[[Any], R]) -> R:
    return read_scores(ROOT / f"figures/{family}/scores.json", from_json)


# {file: what makes it}.
TABLES: dict[str, Callable[[], str]] = {
    "figures/digits/summary.md": lambda: digits.summary(digit_results()),
    "figures/digits/results.md": lambda: digits.summary(digit_results()) + "\n" + digits.table(digit_results()),
    "figures/digits/bounds.md": lambda: bounds.table(bounds.by_scenario(digit_results())),
    "figures/faces/results.md": lambda: face_table.table(stored("faces", face_table.FaceResults.from_json)),
    "figures/autoencoders/results.md": lambda: autoencoders.table(stored("autoencoders", autoencoders.from_json)),
    "figures/few_labels/results.md": lambda: few_labels.table(stored("few_labels", few_labels.from_json)),
    "figures/digit_generators/results.md": lambda: digit_generator_table.table(
        stored("digit_generators", digit_generator_table.GeneratorResults.from_json)
    ),
    "figures/pixelda/results.md": lambda: pixelda_table.table(stored("pixelda", pixelda_table.Results.from_json)),
    "figures/endoscopy/results.md": lambda: endoscopy.table(stored("endoscopy", endoscopy.Results.from_json)),
    "figures/brain/results.md": lambda: brain.table(stored("brain", brain.from_json)),
    "figures/photos/results.md": lambda: photos.table(stored("photos", photos.from_json)),
}
BLOCK = re.compile(r"(<!-- from (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def up_to_date(page: str) -> str:
    """The page's text with every table as its file has it."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{(ROOT / found[2]).read_text()}\n{found[3]}", page)


def write(path: Path, text: str) -> None:
    replace_file(path, lambda part: part.write_text(text))


def main() -> None:
    with exit_in_one_line("tables"):
        for name, make in TABLES.items():
            write(ROOT / name, make())
        for page in pages():
            write(page, up_to_date(page.read_text()))


if __name__ == "__main__":
    main()
