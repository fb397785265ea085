"""What a check can end in. The six outcomes are never mixed: each means that someone else must act."""

from enum import Enum
from typing import Any

import msgspec


class Outcome(str, Enum):
    PASSED = "passed"
    FAILED = "failed"              # it ran, and what it made is not right
    TIMED_OUT = "timed out"        # ended by the grader at the limit of wall time
    CRASHED = "crashed"            # another exit code than 0, or ended at another limit
    SKIPPED = "skipped"            # a check that it needs did not pass
    GRADER_ERROR = "grader error"  # never the submission's fault


def printable(text: str) -> str:
    """With what a terminal would act upon, and bytes of a file's name that are no text, spelt out."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class Message(msgspec.Struct, frozen=True):
    """One line for the student; `file` is relative to the submission, `line` counts from 1."""

    text: str
    file: str = ""
    line: int = 0

    def __post_init__(self):
        msgspec.structs.force_setattr(self, "text", printable(self.text))
        msgspec.structs.force_setattr(self, "file", printable(self.file))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text}" if place else self.text


class Finding(msgspec.Struct):
    """What one check found. `facts` are what later checks and the report need, all of it JSON."""

    outcome: Outcome
    messages: list[Message] = []
    facts: dict[str, Any] = {}
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


def passed(*messages: Message, **facts) -> Finding:
    return Finding(Outcome.PASSED, list(messages), facts)


def failed(*messages: Message, **facts) -> Finding:
    return Finding(Outcome.FAILED, list(messages), facts)


def judged(messages: list[Message], **facts) -> Finding:
    """Passed where there is nothing to complain about."""
    return failed(*messages, **facts) if messages else passed(**facts)
