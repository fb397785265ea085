"""The files under figures/ that reports read: which are there, what makes them, which are older than their scores.

A fresh clone has no useful times, so age is told by content. When a report is built, the digest of each picture is
noted together with the digest of the scores it belongs to. A picture that is still the same although its
scores have changed was drawn before them.
"""

import hashlib
import json
import re
from pathlib import Path

import msgspec

from reports.courses import BUILT, FOLDER, ROOT, Course, Item
from training.errors import UserError

STAMPS = BUILT / "stamps.json"


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which scores a picture belongs to: the named groups of `match` and `where` pick rows of a list of runs."""

    match: str
    scores: str
    where: dict[str, str | int] = {}
    # Key of the list in the file; none where the file is the list.
    list: str | None = None


class Sources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # The start of a path under figures/ -> the command that makes what begins with it; the longest start counts.
    commands: dict[str, str]
    pictures: tuple[Picture, ...]


SOURCES = msgspec.toml.decode((FOLDER / "sources.toml").read_bytes(), type=Sources)


def command_for(file: str) -> str:
    """The command that makes a file under figures/."""
    return SOURCES.commands[max((start for start in SOURCES.commands if file.startswith(start)), key=len)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(file: str) -> str:
    return digest((ROOT / file).read_bytes())


def require(course: Course) -> None:
    """Raises UserError where a file is missing for which the report may not wait."""
    for item in not_yet_run(course):
        if not item.awaited:
            file = next(file for file in item.files if not (ROOT / file).exists())
            raise UserError(f"item {item.id} needs {file}, which is missing: `{command_for(file)}` makes it")


def not_yet_run(course: Course) -> list[Item]:
    """Items whose results are not all there."""
    return [item for item in course.items if not all((ROOT / file).exists() for file in item.files)]


def belongs_to(picture: str) -> str | None:
    """Digest of the scores that a picture shows; None where it shows none, or they are missing."""
    for kind in SOURCES.pictures:
        if found := re.fullmatch(kind.match, picture):
            file = ROOT / kind.scores
            return digest(rows(file, kind, found.groupdict()).encode()) if file.exists() else None
    return None


def rows(file: Path, kind: Picture, groups: dict[str, str]) -> str:
    """The picked rows, numbers rounded: a score that was only written otherwise is the same score."""
    stored = json.loads(file.read_text())
    wanted = kind.where | groups
    listed = stored[kind.list] if kind.list else stored
    picked = (
        [row for row in listed if all(row.get(key) == value for key, value in wanted.items())] if wanted else stored
    )
    return json.dumps(rounded(picked), sort_keys=True)


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return {key: rounded(part) for key, part in value.items()} if isinstance(value, dict) else value


def stamps(course: Course) -> dict[str, list[str]]:
    """{picture: its digest, its scores' digest} of all pictures that belong to scores."""
    present = [file for file in course.files if (ROOT / file).exists()]
    return {file: [digest_of(file), scores] for file in present if (scores := belongs_to(file))}


def stored_stamps() -> dict[str, list[str]]:
    return json.loads(STAMPS.read_text()) if STAMPS.exists() else {}


def refuse_old_pictures(course: Course) -> None:
    """Raises UserError where scores have changed and a picture of theirs has not."""
    before = stored_stamps()
    for file, (picture, scores) in stamps(course).items():
        if file in before and before[file][0] == picture and before[file][1] != scores:
            raise UserError(f"{file} is older than the scores it belongs to: `{command_for(file)}` draws it again")


def note_pictures(course: Course) -> None:
    noted = stored_stamps() | stamps(course)
    STAMPS.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n")
