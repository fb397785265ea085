"""What every kind of problem has, and what its checks work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from grading.checks import Check, Findings
from grading.names import CheckName, RunName
from grading.runs import Call, Runner
from grading.tables import Table, Text, Word

if TYPE_CHECKING:
    from grading.scheme import Scheme


class Grading(NamedTuple):
    """What every check of one submission works on."""

    scheme: Scheme
    root: Path  # the submission as it was handed in, or with what it fetched
    data: Path
    runner: Runner
    fetched_code: bool = False  # somebody has read the code that was fetched: it counts as handed in

    def raw(self, run: RunName, file: str = "") -> Path:
        return self.runner.raw / str(run) / file

    def domain_data(self, domain: str) -> tuple[Path, Path]:
        """The folder of the domain's images, and the CSV of their labels."""
        data = self.scheme.data
        return self.data / data.images.format(domain=domain), self.data / data.labels.format(domain=domain)


class Lost(NamedTuple):
    points: float
    check: CheckName  # the one that did not pass


class Earned(NamedTuple):
    """Points before penalties, in words too, and what the missing ones were lost by."""

    points: float
    reasons: list[str]
    lost: list[Lost]


class Problem(Table, tag_field="kind", kw_only=True):
    """One item of the assignment that one script earns. The methods are the kind's."""

    template: ClassVar[str]  # of its rows in the report

    name: Word
    item: Text
    script: Text
    more_packages: frozenset[str] = frozenset()

    @property
    def max_points(self) -> float:
        raise NotImplementedError

    def contradiction(self, before: set[str]) -> str:
        """What contradicts itself in its table, given the names of the problems above it; or nothing."""
        return ""

    def calls(self) -> list[Call]:
        """Every way in which a TA calls the script."""
        raise NotImplementedError

    def checks(self, grading: Grading) -> Iterator[Check]:
        """After those of its script and its source. A check that runs the script has the step "run"."""
        raise NotImplementedError

    def earned(self, findings: Findings) -> Earned:
        """So far: a check that was not made yet has earned nothing."""
        raise NotImplementedError

    def shown(self, findings: Findings, raw: Path) -> list[dict[str, Any]]:
        """Its rows in the report, for the template: from the findings so far and the raw outputs."""
        raise NotImplementedError

    def check(self, step: str, domain: str = "", run: str = "") -> CheckName:
        """The name of one of its checks."""
        return CheckName(step, self.name, domain, run)

    @property
    def script_check(self) -> CheckName:
        return self.check("script")
