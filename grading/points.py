"""Points by the scheme, from what the checks found, and what the missing ones were lost by."""

from typing import NamedTuple

import msgspec

from grading.checks import Findings
from grading.kinds import Problem
from grading.kinds.base import Lost
from grading.names import SUBMISSION, CheckName
from grading.scheme import Scheme


class Cause(NamedTuple):
    """What points were lost by: one check, or several that say the same."""

    points: float
    names: list[CheckName]  # the first one's finding says it

    def __str__(self) -> str:
        return f"{self.names[0]}" + (f" and {len(self.names) - 1} more" if self.names[1:] else "")


class Item(msgspec.Struct):
    """One item of the assignment; without points where it is for a person."""

    name: str
    max_points: float
    points: float | None
    reasons: list[str] = []
    lost: list[Lost] = []


def points(scheme: Scheme, findings: Findings) -> list[Item]:
    """The items so far: a check that was not made yet counts as not passed, and costs nothing."""
    graded = [item(scheme, problem, findings) for problem in scheme.problems]
    return graded + [Item(written.item, written.points, None, ["for a person"]) for written in scheme.written]


def item(scheme: Scheme, problem: Problem, findings: Findings) -> Item:
    earned = problem.earned(findings)
    costs = penalties(scheme, problem, findings)
    share = max(costs.values(), default=0)
    cost, dearest = earned.points * share, [name for name in costs if costs[name] == share]
    reasons = [f"-{100 * share:g} %: {', '.join(map(str, costs))}"] if cost else []
    lost = [Lost(each.points, cause(each.check, findings)) for each in earned.lost if each.points]
    lost += [Lost(cost / len(dearest), name) for name in dearest if cost]
    return Item(problem.item, problem.max_points, round(earned.points - cost, 2), earned.reasons + reasons, lost)


def penalties(scheme: Scheme, problem: Problem, findings: Findings) -> dict[CheckName, float]:
    """The share that each check costs by itself; only the largest counts."""
    return {
        name: getattr(scheme.penalties, finding.costs)
        for name, finding in findings.items()
        if finding.costs and name.problem in ("", problem.name)
    }


def cause(name: CheckName, findings: Findings) -> CheckName:
    """The check at the beginning of the chain that ends in this one."""
    finding = findings.get(name)
    return finding.because if finding and finding.because else name


def causes(items: list[Item], findings: Findings) -> list[Cause]:
    """Why points are missing, the dearest first; of checks that were made."""
    if SUBMISSION in findings:
        return [Cause(sum(item.max_points for item in items if item.points is not None), [SUBMISSION])]
    lost: dict[tuple, dict[CheckName, float]] = {}
    for each in (each for item in items for each in item.lost if each.check in findings):
        finding = findings[each.check]
        alike = finding.outcome, *((message.text, message.todo) for message in finding.messages[:1])
        named = lost.setdefault(alike, {})
        named[each.check] = named.get(each.check, 0) + each.points
    return sorted(
        (Cause(round(sum(named.values()), 2), list(named)) for named in lost.values()), key=lambda cause: -cause.points
    )


def late_share(scheme: Scheme, late_days: int | None) -> float:
    """The share of all points that is left."""
    return max(0.0, 1 - scheme.late.per_day * max(0, (late_days or 0) - scheme.late.free_days))


def total(scheme: Scheme, items: list[Item], late_days: int | None) -> float:
    return round(sum(item.points or 0 for item in items) * late_share(scheme, late_days), 2)
