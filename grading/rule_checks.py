"""The course's rules for what a script may call, import and show; one check a rule."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from grading import source_rules
from grading.bounded import Exhausted, bounded
from grading.checks import Check
from grading.kinds.base import Grading, Problem
from grading.outcomes import Finding, Message, failed

SOURCE_RULES = ("bash", "python", "screen", "imports")


def rule_checks(grading: Grading, problem: Problem) -> Iterator[Check]:
    """One child process reads the source for all of them."""
    found = cache(partial(rules_found, grading, problem))
    for rule in SOURCE_RULES:
        yield Check(problem.check(rule), lambda _, rule=rule: found()[rule], needs=(problem.script_check,),
                    costs="rule_broken", here=True)


def rules_found(grading: Grading, problem: Problem) -> dict[str, Finding]:
    root, script, rules = grading.root, problem.script, grading.scheme.rules
    checks: dict[str, Callable[[], Finding]] = {
        "bash": lambda: source_rules.bash_rules(root, script, rules),
        "python": lambda: source_rules.python_command(root, script, rules),
        "screen": lambda: source_rules.screen_calls(root, script, rules),
        "imports": lambda: source_rules.allowed_imports(root, script, rules.packages | problem.more_packages)}
    try:
        return bounded(lambda: {name: checks[name]() for name in SOURCE_RULES})
    except Exhausted as error:
        return {name: failed(Message(f"its source cannot be judged: {error}", script)) for name in SOURCE_RULES}
