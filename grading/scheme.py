"""The grading scheme: everything that differs between two courses, read from one TOML file."""

from pathlib import Path, PurePosixPath

import msgspec

from grading.kinds import Problem
from grading.packages import unknown
from grading.tables import PUBLIC, Limits, Network, NotNegative, NotNegativeInt, Positive, Share, Table, Text

SCHEMES = Path(__file__).parent / "schemes"
DEFAULT = SCHEMES / "dlcv_2020.toml"


class SchemeError(Exception):
    """A scheme that cannot be used, in one line."""


class Rules(Table):
    python: str
    forbidden_commands: frozenset[str]
    forbidden_variables: frozenset[str]
    forbidden_calls: frozenset[str]
    packages: frozenset[str]  # names as they are imported


class Penalties(Table):
    """Shares of an item's points. The largest that applies counts; they do not add up."""

    rule_broken: Share
    not_reproduced: Share
    accuracy_tolerance: NotNegative = 0.1  # points by which the accuracies of two runs may differ at no cost


class Late(Table):
    free_days: NotNegativeInt
    per_day: Share  # share of all points


class Data(Table):
    """Paths below --data; {domain} stands for the domain's name."""

    images: str
    labels: str
    second_run_seed: int  # other names and another order for the second run


class Written(Table):
    item: Text
    points: Positive


class Scheme(Table):
    name: str
    limits: Limits
    rules: Rules
    penalties: Penalties
    late: Late
    data: Data
    problems: list[Problem]
    network: Network = PUBLIC
    starter_files: str = ""  # a folder of what the course handed out, beside the scheme: no submission's own code
    written: list[Written] = []


def unusable(problem: Problem, before: set[str]) -> str:
    """Why a problem cannot be graded, given the names of those above it; or nothing."""
    script = PurePosixPath(problem.script)
    if script.is_absolute() or ".." in script.parts:
        return f"script: {problem.script!r} lies outside of the submission"
    if reason := unknown(problem.more_packages):
        return f"more_packages: {reason}"
    return problem.contradiction(before) or ("" if problem.max_points else "needs more than 0 points")


def checked(scheme: Scheme) -> Scheme:
    """Raises SchemeError where a submission could not be graded by it."""
    if not scheme.problems:
        raise SchemeError("has no problems")
    if reason := unknown(scheme.rules.packages):
        raise SchemeError(f"[rules] packages: {reason}")
    names = [problem.name for problem in scheme.problems]
    if len(set(names)) < len(names):
        raise SchemeError("two problems have the same name")
    for place, problem in enumerate(scheme.problems):
        if reason := unusable(problem, set(names[:place])):
            raise SchemeError(f"problem {problem.name}: {reason}")
    return scheme


def read_scheme(path: Path) -> Scheme:
    """Raises SchemeError where the file cannot be read or does not describe a scheme."""
    try:
        return with_starter(checked(msgspec.toml.decode(path.read_bytes(), type=Scheme)), path.parent)
    except (OSError, msgspec.DecodeError, SchemeError, ValueError) as error:
        raise SchemeError(f"{path}: {with_key(str(error))}") from error


def with_starter(scheme: Scheme, folder: Path) -> Scheme:
    """With the starter files' whole path. Raises SchemeError where there is no such folder."""
    starter = folder / scheme.starter_files
    if not starter.is_dir():
        raise SchemeError(f"starter_files: {scheme.starter_files!r} is no folder")
    return msgspec.structs.replace(scheme, starter_files=str(starter.resolve()) if scheme.starter_files else "")


def with_key(reason: str) -> str:
    """msgspec's complaint behind the key as it stands in the file: "[limits] wall_seconds: Expected ..."."""
    what, _, where = reason.partition(" - at `$.")
    table, _, key = where.rstrip("`").partition(".")
    name, _, place = table.partition("[")
    if not where:
        return reason
    if place:
        return f"[[{name}]] number {int(place.rstrip(']')) + 1}, {key}: {what}"
    return f"[{name}] {key}: {what}" if key else f"{name}: {what}"
