"""Points by the scheme, from what the checks found."""

import msgspec

from grading.checks import Findings
from grading.outcomes import Outcome
from grading.problems import MODEL_FILES, SOURCE_RULES, WEIGHTS
from grading.scheme import FigureProblem, PredictionProblem, Problem, Scheme

UNREPRODUCED = ("second run", "same picture", "report's figure", "same answers")
COUNTED = (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMED_OUT)  # neither skipped nor the grader's own error


class Item(msgspec.Struct):
    """One item of the assignment; without points where it is for a person."""

    name: str
    max_points: float
    points: float | None
    reasons: list[str] = []


def points(scheme: Scheme, findings: Findings) -> list[Item]:
    """The items so far: a check that was not made yet counts as not passed, and costs nothing."""
    graded = [item(scheme, problem, findings) for problem in scheme.problems]
    return graded + [Item(written.item, written.points, None, ["for a person"]) for written in scheme.written]


def item(scheme: Scheme, problem: Problem, findings: Findings) -> Item:
    before, reasons = (figure_points if isinstance(problem, FigureProblem) else prediction_points)(problem, findings)
    share, why = penalty(scheme, problem, findings)
    return Item(problem.item, problem.max_points, round(before * (1 - share), 2), reasons + (why if before else []))


def is_passed(name: str, findings: Findings) -> bool:
    return name in findings and findings[name].passed


def figure_points(problem: FigureProblem, findings: Findings) -> tuple[float, list[str]]:
    good = is_passed(f"{problem.name}: tiles", findings)
    return problem.points * good, [] if good else [f"no picture of {problem.rows * problem.columns} tiles"]


def prediction_points(problem: PredictionProblem, findings: Findings) -> tuple[float, list[str]]:
    runs = [domain for domain in problem.domains if is_passed(f"{problem.name} {domain}: CSV", findings)]
    reached = [domain for domain in problem.domains if is_passed(f"{problem.name} {domain}: baseline", findings)]
    running = problem.running * (runs == problem.domains)
    further = problem.reached[len(reached) - 1] if reached else 0
    return running + further, [f"{running:g} for running in {len(runs)} of {len(problem.domains)} domains",
                               f"{further:g} for {len(reached)} of {len(problem.domains)} that reach the baseline"]


def penalty(scheme: Scheme, problem: Problem, findings: Findings) -> tuple[float, list[str]]:
    """The largest share that one of the checks costs, and all checks that cost one."""
    rules = [MODEL_FILES, WEIGHTS, f"{problem.name}: own files", *(f"{problem.name}: {rule}" for rule in SOURCE_RULES)]
    costs = {name: scheme.penalties.rule_broken for name in rules if costs_points(name, findings)}
    for name in findings:
        own = name.split(":")[0].split()[0] == problem.name
        if own and name.endswith(UNREPRODUCED) and costs_points(name, findings):
            costs[name] = scheme.penalties.not_reproduced
    largest = max(costs.values(), default=0)
    return largest, [f"-{100 * largest:g} %: {', '.join(costs)}"] if costs else []


def costs_points(name: str, findings: Findings) -> bool:
    return name in findings and findings[name].outcome in COUNTED


def late_share(scheme: Scheme, late_days: int | None) -> float:
    """The share of all points that is left."""
    return max(0.0, 1 - scheme.late.per_day * max(0, (late_days or 0) - scheme.late.free_days))


def total(scheme: Scheme, items: list[Item], late_days: int | None) -> float:
    return round(sum(item.points or 0 for item in items) * late_share(scheme, late_days), 2)
