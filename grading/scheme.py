"""The grading scheme: everything that differs between two courses, read from one TOML file."""

from pathlib import Path

import msgspec

from grading.kinds import Problem
from grading.tables import Limits, NotNegative, NotNegativeInt, Positive, Share, Table, Text

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
    per_day: Share           # share of all points


class Network(Table):
    """What the run that fetches weights reaches besides public addresses."""

    reachable: list[str] = []  # host:port each, as the scripts name it: a course's own server, say


class Data(Table):
    """Paths below --data; {domain} stands for the domain's name."""

    images: str
    labels: str
    second_run_seed: int     # other names and another order for the second run


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
    network: Network = Network()
    written: list[Written] = []


def checked(scheme: Scheme) -> Scheme:
    """Raises SchemeError where a submission could not be graded by it."""
    if not scheme.problems:
        raise SchemeError("has no problems")
    names = [problem.name for problem in scheme.problems]
    if len(set(names)) < len(names):
        raise SchemeError("two problems have the same name")
    for place, problem in enumerate(scheme.problems):
        reason = problem.contradiction(set(names[:place])) or ("" if problem.max_points else "needs more than 0 points")
        if reason:
            raise SchemeError(f"problem {problem.name} {reason}")
    return scheme


def read_scheme(path: Path) -> Scheme:
    """Raises SchemeError where the file cannot be read or does not describe a scheme."""
    try:
        return checked(msgspec.toml.decode(path.read_bytes(), type=Scheme))
    except (OSError, msgspec.DecodeError, SchemeError, ValueError) as error:
        raise SchemeError(f"{path}: {with_key(str(error))}") from error


def with_key(reason: str) -> str:
    """msgspec's complaint behind the key as it stands in the file: "[limits] wall_seconds: Expected ..."."""
    what, _, where = reason.partition(" - at `$.")
    table, _, key = where.rstrip("`").partition(".")
    name, _, place = table.partition("[")
    if not where:
        return reason
    return f"[[{name}]] number {int(place.rstrip(']')) + 1}, {key}: {what}" if place else f"[{name}] {key}: {what}"
