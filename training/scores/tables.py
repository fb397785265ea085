"""Makes every table of results from the JSON under figures/, and puts it where README and docs show it.

    python3 -m training.scores.tables

A page shows a table between the lines `<!-- from figures/digits/summary.md -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from training.release import ROOT
from training.run_folder import replace_file
from training.scores import autoencoders, bounds, brain, digits, endoscopy, face_table, few_labels, photos


def digit_results() -> list[digits.Result]:
    return digits.read_scores(ROOT / "figures/digits/scores.json")


def faces() -> str:
    return face_table.table(
        face_table.FaceResults.from_json(json.loads((ROOT / "figures/faces/scores.json").read_text()))
    )


def stored(family: str):
    return json.loads((ROOT / f"figures/{family}/scores.json").read_text())


# {file: what makes it}.
TABLES: dict[str, Callable[[], str]] = {
    "figures/digits/summary.md": lambda: digits.summary(digit_results()),
    "figures/digits/results.md": lambda: digits.summary(digit_results()) + "\n" + digits.table(digit_results()),
    "figures/digits/bounds.md": lambda: bounds.table(bounds.by_scenario(digit_results())),
    "figures/faces/results.md": faces,
    "figures/autoencoders/results.md": lambda: autoencoders.table(
        [autoencoders.Result(**row) for row in stored("autoencoders")]
    ),
    "figures/few_labels/results.md": lambda: few_labels.table(
        [few_labels.Result(**row) for row in stored("few_labels")]
    ),
    "figures/endoscopy/results.md": lambda: endoscopy.table(endoscopy.Results.from_json(stored("endoscopy"))),
    "figures/brain/results.md": lambda: brain.table(brain.from_json(stored("brain"))),
    "figures/photos/results.md": lambda: photos.table(photos.from_json(stored("photos"))),
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
    for name, make in TABLES.items():
        write(ROOT / name, make())
    for page in pages():
        write(page, up_to_date(page.read_text()))


if __name__ == "__main__":
    main()
