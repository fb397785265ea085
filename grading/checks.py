"""A graph of checks: one that needs a check which did not pass is skipped, and says because of which."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from grading.outcomes import Finding, Message, Outcome

Findings = dict[str, Finding]


class Check(NamedTuple):
    name: str
    needs: tuple[str, ...]            # names of checks before it
    run: Callable[[Findings], Finding]


def blocked_by(check: Check, findings: Findings) -> str:
    """The first check that it needs and that did not pass; "" where nothing is in its way."""
    return next((name for name in check.needs if not findings[name].passed), "")


def perform(check: Check, findings: Findings) -> Finding:
    """An exception in a check is the grader's error, never the submission's."""
    if name := blocked_by(check, findings):
        behind = findings[name]
        return Finding(Outcome.SKIPPED, behind.messages if behind.outcome is Outcome.SKIPPED else [
            Message(f"because of: {name} ({behind.outcome.value})")])
    start = time.monotonic()
    try:
        finding = check.run(findings)
    except Exception as error:
        finding = Finding(Outcome.GRADER_ERROR, [Message(f"{type(error).__name__}: {error}".replace("\n", " "))])
    finding.seconds = round(time.monotonic() - start, 2)
    return finding


def perform_all(checks: Iterable[Check]) -> Iterator[tuple[Check, Findings]]:
    """After each check the findings so far, in the checks' order."""
    findings: Findings = {}
    for check in checks:
        findings[check.name] = perform(check, findings)
        yield check, findings
