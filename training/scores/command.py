"""What the scoring commands share: their arguments, the JSON file that gathers results, and the table's way out."""

import json
from collections.abc import Callable, Container, Hashable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import tyro
from tyro.conf import Positional

from training.errors import DataError
from training.run_folder import RunFolder, replace_file
from training.systems import SYSTEMS

R = TypeVar("R")
NO_PREFIX = tyro.conf.arg(name="")  # --data, not --call.data


def as_text(results) -> str:
    """JSON of a dataclass, or of a list of them."""
    stored = list(map(asdict, results)) if isinstance(results, list) else asdict(results)
    return json.dumps(stored, indent=1) + "\n"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A scorer with arguments of its own adds them in a subclass."""

    # Run folders; those that are not finished, or of other methods, are passed over.
    runs: Positional[list[Path]]
    # Data in the course layout.
    data: Path = Path("hw3_data")
    # JSON file that gathers the results of runs; those of other runs that it has join the tables.
    scores: Path | None = None
    # Where to write the Markdown tables; they are printed in any case.
    table: Path | None = None

    def earlier(self, from_json: Callable[[Any], R], none: R) -> R:
        """What the file of --scores holds now, or none: read it late, since another command may write it meanwhile."""
        return read_scores(self.scores, from_json) if self.scores and self.scores.exists() else none

    def check(self, from_json: Callable[[Any], object]) -> None:
        """Before anything is measured. Raises DataError where the file of --scores holds something else, OSError where
        a file cannot lie where it is asked for."""
        make_folders(self.scores, self.table)
        self.earlier(from_json, None)

    def report(self, results, table: str, as_text: Callable[[Any], str] = as_text) -> None:
        """Into the files that are asked for; the table is printed, too."""
        if self.scores:
            replace_file(self.scores, lambda part: part.write_text(as_text(results)))
        publish(table, self.table)


def make_folders(*files: Path | None) -> None:
    """Those that the files are to lie in."""
    for file in filter(None, files):
        file.parent.mkdir(parents=True, exist_ok=True)


def finished_runs(runs: list[Path], methods: Container[str], title: str, page: str) -> list[Path]:
    """The finished runs of these methods; all else is passed over. Raises DataError where none is left, which says
    what they are called and which page tells how to train one."""
    found = [run for run in runs if RunFolder(run).done and RunFolder(run).load_best()["method"] in methods]
    if not found:
        raise DataError(f"no finished run of {title} is given: train one, see {page}")
    return found


def read_scores(file: Path, from_json: Callable[[Any], R]) -> R:
    """What a scorer wrote there. Raises DataError where the file holds something else."""
    try:
        return from_json(json.loads(file.read_text()))
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{file} does not hold scores of this program: {error}") from None


def together(earlier: list[R], new: list[R], key: Callable[[R], Hashable]) -> list[R]:
    """Both; what is new takes the place of what has the same key."""
    places = {key(entry): place for place, entry in enumerate(earlier)}
    replaced = set(map(key, new))
    kept = [entry for entry in earlier if key(entry) not in replaced]
    return sorted(kept + new, key=lambda entry: places.get(key(entry), len(places)))


def run_key(entry) -> tuple[str, int]:
    return entry.system, entry.seed


def table_order(entry) -> tuple[int, int]:
    """As the rows stand in the table of systems, then by seed. Raises DataError where it is of no row."""
    if entry.system not in SYSTEMS:
        raise DataError(f"the file of --scores holds scores of {entry.system}, which is no row: remove them")
    return list(SYSTEMS).index(entry.system), entry.seed


def publish(text: str, table_file: Path | None) -> None:
    """Prints Markdown, and writes it where a file is given."""
    print(text, end="")
    if table_file:
        replace_file(table_file, lambda part: part.write_text(text))
