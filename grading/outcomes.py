"""What a check can end in. The six outcomes are never mixed: each means that someone else must act."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec

from grading.names import CheckName

# What a submission can make a report say is bounded: it is mailed, and opened in a browser.
MOST_MESSAGES = 50  # kinds of one check's
LONGEST_TEXT = 1000  # characters


class Outcome(str, Enum):
    PASSED = "passed"
    FAILED = "failed"  # it ran, and what it made is not right
    TIMED_OUT = "timed out"  # ended by the grader at the limit of wall time
    CRASHED = "crashed"  # another exit code than 0, or ended at another limit
    SKIPPED = "skipped"  # a check that it needs did not pass
    GRADER_ERROR = "grader error"  # never the submission's fault


def printable(text: str) -> str:
    """With what a terminal would act upon, and bytes of a file's name that are no text, spelt out."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}... ({len(text):,} characters)"


class Message(msgspec.Struct, frozen=True):
    """One line for the student: what, where, since which run, and what to do.

    `file` is relative to the submission, `line` counts from 1, `run` is a run's name, and `more` says how
    many further places the same is true of.
    """

    text: str
    file: str = ""
    line: int = 0
    run: str = ""
    todo: str = ""
    more: int = 0

    def __post_init__(self):
        for field in ("text", "file", "run", "todo"):
            msgspec.structs.force_setattr(self, field, shortened(printable(getattr(self, field))))

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        run = f", in the run {self.run}" if self.run else ""
        more = f", and {self.more} more of this kind" if self.more else ""
        return f"{place}{self.text}{run}{more}" + (f" ({self.todo})" if self.todo else "")


class Deed(msgspec.Struct, frozen=True):
    """Something that a run was seen to do: evidence for a message."""

    run: str  # the run's name
    what: str  # the program that it started, or the package that it imported
    arguments: list[str] = []

    def __post_init__(self):
        msgspec.structs.force_setattr(self, "what", printable(self.what))
        msgspec.structs.force_setattr(self, "arguments", [printable(each) for each in self.arguments])


class Finding(msgspec.Struct):
    """What one check found. `facts` are what later checks and the report need, all of it JSON."""

    outcome: Outcome
    messages: list[Message] = []  # why it did not pass, or what it has to say besides
    facts: dict[str, Any] = {}
    notes: list[Message] = []  # for a person; they cost nothing
    evidence: list[Deed] = []
    seconds: float = 0.0
    costs: str = ""  # the scheme's penalty that follows
    because: CheckName | None = None  # of a skipped check: the one at the beginning of the chain

    def __post_init__(self):
        self.messages, self.notes = counted(self.messages), counted(self.notes)

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def is_wrong(self) -> bool:
        """The submission's own fault: neither skipped nor the grader's error."""
        return self.outcome in (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMED_OUT)


def counted(messages: list[Message]) -> list[Message]:
    """Those that say the same of several places are one, with the first place and a count."""
    alike: dict[tuple, list[Message]] = {}
    for message in messages:
        alike.setdefault((message.text, message.todo), []).append(message)
    rest = [alike.pop(kind) for kind in list(alike)[MOST_MESSAGES:]]
    if rest:
        return counted([message for kept in alike.values() for message in kept]) + [
            Message(f"and {sum(map(len, rest))} messages more, of {len(rest)} kinds")
        ]
    return [
        msgspec.structs.replace(first, more=first.more + sum(1 + each.more for each in others))
        for first, *others in alike.values()
    ]


def passed(*messages: Message, notes: Sequence[Message] = (), **facts) -> Finding:
    return Finding(Outcome.PASSED, list(messages), facts, list(notes))


def failed(*messages: Message, notes: Sequence[Message] = (), **facts) -> Finding:
    return Finding(Outcome.FAILED, list(messages), facts, list(notes))


def judged(messages: list[Message], notes: Sequence[Message] = (), **facts) -> Finding:
    """Passed where there is nothing to complain about."""
    return (failed if messages else passed)(*messages, notes=notes, **facts)
