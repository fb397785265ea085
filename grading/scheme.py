"""The grading scheme: everything that differs between two courses, read from one TOML file."""

from pathlib import Path
from typing import Union

import msgspec

SCHEMES = Path(__file__).parent / "schemes"
DEFAULT = SCHEMES / "dlcv_2020.toml"
MIB = 2 ** 20


class SchemeError(Exception):
    """A scheme that cannot be used, in one line."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: a key that it does not know is an error, not a setting without effect."""


class Limits(Table):
    """Of one run of one script, but the three that begin with submission_ and model_, which are the submission's."""

    wall_seconds: float
    memory_mib: int
    processes: int           # threads count as such
    file_mib: int            # one file
    answer_mib: int          # the CSV or picture that it is asked for
    output_mib: int          # all files that it writes, and what it prints
    submission_mib: int      # unpacked
    submission_files: int
    model_mib: int           # one file of the submission
    gpu: bool = True         # a GPU that this machine has is let in
    cpu_threads: int = 0     # for each of PyTorch's and NumPy's thread pools; 0: as many as there are cores


class Rules(Table):
    python: str
    forbidden_commands: frozenset[str]
    forbidden_variables: frozenset[str]
    forbidden_calls: frozenset[str]
    packages: frozenset[str]  # names as they are imported


class Penalties(Table):
    """Shares of an item's points. The largest that applies counts; they do not add up."""

    rule_broken: float
    not_reproduced: float


class Late(Table):
    free_days: int
    per_day: float           # share of all points


class Network(Table):
    """What the run that fetches weights reaches besides public addresses."""

    reachable: list[str] = []  # host:port each, as the scripts name it: a course's own server, say


class Data(Table):
    """Paths below --data; {domain} stands for the domain's name."""

    images: str
    labels: str
    second_run_seed: int     # other names and another order for the second run


class FigureProblem(Table, tag="figure", tag_field="kind"):
    """A script that writes one picture of rows x columns tiles."""

    name: str
    item: str
    script: str
    points: float
    rows: int
    columns: int
    figure: str              # stem of the report's figure, looked for anywhere in the submission
    more_packages: frozenset[str] = frozenset()

    @property
    def max_points(self) -> float:
        return self.points


class PredictionProblem(Table, tag="predictions", tag_field="kind"):
    """A script that predicts each domain's images, judged against a baseline or another problem."""

    name: str
    item: str
    script: str
    domains: list[str]
    running: float           # points where the script runs in every domain
    reached: list[float]     # further points for 1, 2, ... domains that reach the baseline
    baseline: dict[str, float] = {}  # percent by domain
    beats: str = ""          # or: the problem whose accuracy is to be exceeded
    more_packages: frozenset[str] = frozenset()

    @property
    def max_points(self) -> float:
        return self.running + self.reached[-1]


Problem = Union[FigureProblem, PredictionProblem]


class Written(Table):
    item: str
    points: float


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


def unusable(problem: Problem, before: set[str]) -> str:
    """Why a problem cannot be graded, given the names of those above it; or nothing."""
    if isinstance(problem, PredictionProblem) and (reason := contradiction(problem, before)):
        return reason
    return "" if problem.max_points > 0 else "needs more than 0 points"


def contradiction(problem: PredictionProblem, before: set[str]) -> str:
    """What contradicts itself in a problem on predictions; or nothing."""
    if not problem.domains:
        return "needs a domain"
    if len(problem.reached) != len(problem.domains):
        return "needs as many entries in `reached` as domains"
    if problem.beats and problem.beats not in before:
        return f"beats {problem.beats!r}, which is no problem above it"
    if not problem.beats and set(problem.baseline) != set(problem.domains):
        return "needs a baseline for each domain, or `beats`"
    return ""


def checked(scheme: Scheme) -> Scheme:
    """Raises SchemeError where a submission could not be graded by it."""
    if not scheme.problems:
        raise SchemeError("has no problems")
    names = [problem.name for problem in scheme.problems]
    if len(set(names)) < len(names):
        raise SchemeError("two problems have the same name")
    for place, problem in enumerate(scheme.problems):
        if reason := unusable(problem, set(names[:place])):
            raise SchemeError(f"problem {problem.name} {reason}")
    return scheme


def read_scheme(path: Path) -> Scheme:
    """Raises SchemeError where the file cannot be read or does not describe a scheme."""
    try:
        return checked(msgspec.toml.decode(path.read_bytes(), type=Scheme))
    except (OSError, msgspec.DecodeError, SchemeError, ValueError) as error:
        raise SchemeError(f"{path}: {error}") from error

