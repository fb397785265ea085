"""The course's rules for what a script may start, import and show; one check a rule.

A run's record decides. What only stands in the source is a note with its file and line.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from grading import deeds, source_rules
from grading.bounded import Exhausted, bounded
from grading.checks import Check
from grading.kinds.base import Grading, Problem
from grading.names import CheckName
from grading.outcomes import Finding, Message
from grading.source_rules import Passage

RULES = ("bash", "python", "screen", "imports")


def rule_checks(grading: Grading, problem: Problem, runs: tuple[CheckName, ...]) -> Iterator[Check]:
    """`runs` are the checks that make the problem's runs."""
    passages = cache(partial(passages_of, grading, problem))
    for rule in RULES:
        yield Check(
            problem.check(rule),
            lambda _, rule=rule: judged_by(rule, grading, problem, passages()[rule]),
            needs=(problem.script_check,),
            reads=runs,
            costs="rule_broken",
            here=True,
        )


def judged_by(rule: str, grading: Grading, problem: Problem, passages: list[Passage]) -> Finding:
    made = {str(name): run for name, run in grading.runner.made.items() if name.problem == problem.name}
    records, rules = {name: run.record for name, run in made.items()}, grading.scheme.rules
    if rule == "bash":
        return deeds.bash(records, passages, rules)
    if rule == "python":
        ended_well = {
            str(name)
            for name, run in grading.runner.made.items()
            if name.problem == problem.name and name.which != "fetch" and not run.exit_code and not run.limit
        }
        return deeds.python(records, ended_well, problem.script, passages, rules)
    if rule == "screen":
        return deeds.screen(records, passages, rules)
    allowed = rules.packages | problem.more_packages
    return deeds.imports(records, passages, optional_imports(grading.root, records, allowed), allowed)


def optional_imports(root: Path, records: deeds.Records, allowed: frozenset[str]) -> set[tuple[str, int]]:
    files = {each.file for _, each in deeds.foreign_imports(records, allowed)}
    with suppress(Exhausted):
        return bounded(lambda: source_rules.optional_places(root, files)) if files else set()
    return set()


def passages_of(grading: Grading, problem: Problem) -> dict[str, list[Passage]]:
    """One child process reads the source for all rules. Where it cannot, the runs are judged all the same."""
    root, script, rules = grading.root, problem.script, grading.scheme.rules
    read: dict[str, Callable[[], list[Passage]]] = {
        "bash": lambda: source_rules.bash_rules(root, script, rules),
        "python": lambda: source_rules.other_pythons(root, script, rules),
        "screen": lambda: source_rules.screen_calls(root, script, rules),
        "imports": lambda: source_rules.foreign_packages(root, script, rules.packages | problem.more_packages),
    }
    try:
        return bounded(lambda: {rule: read[rule]() for rule in RULES})
    except Exception as error:
        why = error if isinstance(error, Exhausted) else f"{type(error).__name__}: {error}"
        return {rule: [Passage("", Message(f"its source cannot be read: {why}", script))] for rule in RULES}
