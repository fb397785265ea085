"""The table of what adaptation gives and what augmentation gives: source only and DANN, each with plain augmentation
and with augmentation towards the target. training.scores.tables writes it, training.drawing.bounds draws it."""

import statistics

from training.errors import DataError
from training.scores.digits import METHODS, Result, scenario_title
from training.scores.markdown import markdown_table
from training.systems.digits import SCENARIOS

# The lower bound and what adapts, without and with augmentation towards the target.
CELLS = ("source_only", "dann_plain", "source_augmented", "dann")
# {scenario: {method: test accuracies in percent, a seed each}}
Scenarios = dict[str, dict[str, list[float]]]


def by_scenario(results: list[Result]) -> Scenarios:
    """The scenarios of which one of CELLS has been scored; raises DataError where there is none."""
    found = {
        scenario_title(*pair): {method: tests_of(results, method, *pair) for method in CELLS} for pair in SCENARIOS
    }
    found = {title: tests for title, tests in found.items() if any(tests.values())}
    if not found:
        methods = ", ".join(METHODS[method].title for method in CELLS)
        raise DataError(f"the scores hold no run of {methods}: score some, see docs/adaptation.md")
    return found


def tests_of(results: list[Result], method: str, source: str, target: str) -> list[float]:
    """In the order of their seeds."""
    runs = [result for result in results if (result.method, result.source, result.target) == (method, source, target)]
    return [result.test for result in sorted(runs, key=lambda result: result.seed)]


def table(scenarios: Scenarios) -> str:
    """Markdown: a row a scenario; each mean, the seeds in brackets, and what DANN adds to its bound in points."""
    titles = [METHODS[method].title for method in CELLS]
    header = ["scenario", titles[0], titles[1], "DANN adds", titles[2], titles[3], "DANN adds"]
    rows = []
    for title, tests in scenarios.items():
        bound, plain, augmented, dann = (tests[method] for method in CELLS)
        gains = gain(bound, plain), gain(augmented, dann)
        rows.append([title, cell(bound), cell(plain), gains[0], cell(augmented), cell(dann), gains[1]])
    return markdown_table(header, rows)


def cell(tests: list[float]) -> str:
    if not tests:
        return "not scored"
    seeds = f" ({', '.join(f'{test:.1f}' for test in tests)})" if len(tests) > 1 else ""
    return f"{statistics.mean(tests):.1f}{seeds}"


def gain(without: list[float], adapted: list[float]) -> str:
    return f"{statistics.mean(adapted) - statistics.mean(without):+.1f}" if without and adapted else ""
