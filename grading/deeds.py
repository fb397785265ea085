"""Judges what runs did against the course's rules, from their records (grading/recording.py)."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions
from shlex import join

from grading.outcomes import Deed, Finding, Message, judged
from grading.packages import STANDARD
from grading.recording import Program, Record, Told
from grading.scheme import Rules
from grading.source_rules import Passage

Records = dict[str, Record]  # by the run's name


def programs(records: Records) -> Iterable[tuple[str, Program]]:
    return ((run, program) for run, record in records.items() for program in record.programs)


def told(records: Records, kind: str) -> Iterable[tuple[str, Told]]:
    return ((run, each) for run, record in records.items() for each in record.told if each.kind == kind)


def finding(messages: list[Message], evidence: list[Deed], passages: list[Passage], records: Records) -> Finding:
    """What no run did and only stands in the source is a note."""
    seen = {deed.what for deed in evidence}
    notes = [passage.message for passage in passages if passage.what not in seen]
    result = judged(messages, notes=notes + incomplete(records))
    result.evidence = evidence
    return result


def incomplete(records: Records) -> list[Message]:
    return [
        Message("what this run did is not recorded in full: its source is for a person", run=run)
        for run, record in records.items()
        if not record.whole
    ]


def place(passages: list[Passage], what: str, by: str = "") -> tuple[str, int]:
    """Where the source says what a run was seen to do: in a file that the command `by` names, if in any of them."""
    found = [passage.message for passage in passages if passage.what == what]
    found.sort(key=lambda message: message.file not in by)
    return (found[0].file, found[0].line) if found else ("", 0)


# The rules


def bash(records: Records, passages: list[Passage], rules: Rules) -> Finding:
    """No forbidden program was started, under whatever name, and no forbidden variable set."""
    messages, evidence = [], []
    for run, program in programs(records):
        for name in {program.name, program.real} & rules.forbidden_commands:
            messages.append(
                Message(
                    f"{name} is forbidden: started as `{join(program.arguments)}` by `{program.by}`",
                    *place(passages, name, program.by),
                    run=run,
                )
            )
            evidence.append(Deed(run, name, program.arguments))
    for run, each in told(records, "variable"):
        if each.what in rules.forbidden_variables:
            file, line = (each.file, each.line) if each.file else place(passages, each.what)
            messages.append(Message(f"{each.what} is forbidden: set while the script ran", file, line, run=run))
            evidence.append(Deed(run, each.what))
    return finding(messages, evidence, passages, records)


def python(records: Records, ended_well: set[str], script: str, passages: list[Passage], rules: Rules) -> Finding:
    """The course's command for Python was started, and no other."""
    messages, evidence = [], []
    for run, program in programs(records):
        if re.fullmatch(r"python[\d.]*", program.name) and program.name != rules.python:
            where = place(passages, program.name, program.by)
            messages.append(Message(f"{program.name} instead of {rules.python}", *where, run=run))
            evidence.append(Deed(run, program.name, program.arguments))
    messages += [
        Message(f"never started {rules.python}", script, run=run)
        for run in sorted(ended_well)
        if records[run].whole and not uses_python(records[run])
    ]
    return finding(messages, evidence, passages, records)


def uses_python(record: Record) -> bool:
    return bool(record.told) or any(program.real.startswith("python") for program in record.programs)


def screen(records: Records, passages: list[Passage], rules: Rules) -> Finding:
    """No figure was to be shown in a window."""
    shown = [(run, each) for run, each in told(records, "show") if each.what in rules.forbidden_calls]
    messages = [
        Message(
            f"{each.what}() is forbidden: it opens a window, and a TA's machine has no screen",
            each.file,
            each.line,
            run=run,
        )
        for run, each in shown
    ]
    return finding(messages, [Deed(run, each.what) for run, each in shown], passages, records)


def foreign_imports(records: Records, allowed: frozenset[str]) -> list[tuple[str, Told]]:
    """What the submission's own code imported; what packages import themselves is theirs."""
    return [(run, each) for run, each in told(records, "import") if not is_allowed(each.what, allowed)]


def imports(
    records: Records, passages: list[Passage], optional: set[tuple[str, int]], allowed: frozenset[str]
) -> Finding:
    """No package was imported that is not allowed; `optional` are the imports without which the code goes on."""
    foreign = [(run, each) for run, each in foreign_imports(records, allowed) if (each.file, each.line) not in optional]
    messages = [
        Message(f"import of {each.what}, which is not allowed", each.file, each.line, run=run) for run, each in foreign
    ]
    return finding(messages, [Deed(run, each.what) for run, each in foreign], passages, records)


def is_allowed(package: str, allowed: frozenset[str]) -> bool:
    """Also what is installed along with an allowed package, as mpl_toolkits is with matplotlib."""
    return (
        package in allowed
        or package in STANDARD
        or any(together & allowed for together in installed_together().get(package, []))
    )


@cache
def installed_together() -> dict[str, list[frozenset[str]]]:
    """Package -> all packages of the distributions that it belongs to."""
    belongs = packages_distributions()
    parts: dict[str, set[str]] = {}
    for package, distributions in belongs.items():
        for distribution in distributions:
            parts.setdefault(distribution, set()).add(package)
    return {package: [frozenset(parts[each]) for each in distributions] for package, distributions in belongs.items()}
