"""What each course asks for: the items of its brief, from items.toml in the course's folder."""

from itertools import product
from pathlib import Path
from re import split

import msgspec

from training.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports"
BUILT = FOLDER / "built"


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the brief asks for."""

    id: str
    title: str
    # As the brief gives them; None where it gives none.
    points: float | None = None
    # Where the item is answered: "report", or the name of a notebook.
    place: str = "report"
    # Files under figures/ that the answer shows or reads; a{b,c} stands for ab and ac.
    needs: tuple[str, ...] = ()
    # Pictures of a data set, which are never in git: shown in a student's copy alone, where a person has drawn them.
    private: tuple[str, ...] = ()
    # Whether the report may be built before these files are there. It then says which command makes them.
    awaited: bool = False

    @property
    def files(self) -> list[str]:
        return [f"figures/{name}" for need in self.needs for name in spread(need)]


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    items: tuple[Item, ...]
    # Notebooks by name; `reports/<course>/<name>.py` is the source of each.
    notebooks: tuple[str, ...] = ()
    # Whether there is a report, `reports/<course>/report.typ`.
    report: bool = True

    @property
    def files(self) -> list[str]:
        return sorted({file for item in self.items for file in item.files})

    @property
    def private(self) -> list[str]:
        return sorted({f"figures/{name}" for item in self.items for name in item.private})


def spread(pattern: str) -> list[str]:
    """`a{b,c}d` -> `abd`, `acd`."""
    parts = split(r"\{(.*?)\}", pattern)
    return ["".join(chosen) for chosen in product(*(part.split(",") for part in parts))]


def names() -> list[str]:
    return sorted(file.parent.name for file in FOLDER.glob("*/items.toml"))


def read(name: str) -> Course:
    """Raises UserError where there is no such course, or its items.toml is not as this module describes it."""
    file = FOLDER / name / "items.toml"
    if not file.exists():
        raise UserError(f"{name!r} is no course: give one of {', '.join(names())}")
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Course)
    except msgspec.MsgspecError as error:
        raise UserError(f"{file.relative_to(ROOT)}: {error}") from None
