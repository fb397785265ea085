"""A graph of checks: one that needs a check which did not pass is skipped, and says because of which."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from grading.bounded import Exhausted, bounded
from grading.interrupt import CTRL_C
from grading.names import CheckName
from grading.outcomes import Finding, Message, Outcome

READING_SECONDS = 30  # of one check; the largest picture that is accepted takes two

Findings = dict[CheckName, Finding]


class Check(NamedTuple):
    name: CheckName
    run: Callable[[Findings], Finding]  # it is given the findings of `needs` and `reads`, and no others
    needs: tuple[CheckName, ...] = ()  # checks before it that must have passed
    reads: tuple[CheckName, ...] = ()  # checks before it that may have ended in any outcome
    costs: str = ""  # the scheme's penalty, where it does not pass
    # Made in this process, where it starts scripts, keeps something, or reads no more than a list of hashes; all others
    # in a bounded child.
    here: bool = False


def blocked_by(check: Check, findings: Findings) -> CheckName | None:
    """The first check that it needs and that did not pass."""
    return next((name for name in check.needs if not findings[name].passed), None)


def perform(check: Check, findings: Findings) -> Finding:
    """An exception in a check is the grader's error, never the submission's."""
    if blocker := blocked_by(check, findings):
        return skipped(blocker, findings[blocker])
    start = time.monotonic()
    try:
        given = {name: findings[name] for name in (*check.needs, *check.reads)}
        finding = check.run(given) if check.here else bounded(lambda: check.run(given), READING_SECONDS)
    except Exhausted as error:
        finding = Finding(Outcome.FAILED, [Message(f"what was to be judged cannot be read: {error}")])
    except Exception as error:
        finding = Finding(Outcome.GRADER_ERROR, [Message(f"{type(error).__name__}: {error}".replace("\n", " "))])
    finding.seconds = round(time.monotonic() - start, 2)
    finding.costs = check.costs if finding.is_wrong else ""
    return finding


def skipped(blocker: CheckName, behind: Finding) -> Finding:
    """Because of the check at the beginning of the chain."""
    if behind.outcome is Outcome.SKIPPED:
        return Finding(Outcome.SKIPPED, behind.messages, because=behind.because)
    return Finding(Outcome.SKIPPED, [Message(f"because of: {blocker} ({behind.outcome.value})")], because=blocker)


def perform_all(checks: Iterable[Check]) -> Iterator[tuple[Check, Findings]]:
    """After each check the findings so far, in the checks' order."""
    findings: Findings = {}
    for check in checks:
        findings[check.name] = perform(check, findings)
        CTRL_C.raise_noted()
        yield check, findings
