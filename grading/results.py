"""results.json in Gradescope's format, rewritten whole after every check; up to the last one it says "unfinished"."""

import os
from pathlib import Path

import msgspec

from grading.checks import Findings
from grading.names import CheckName
from grading.outcomes import Finding, Outcome
from grading.points import Cause, Item, causes, late_share, points, total
from grading.runs import Run
from grading.scheme import Scheme
from grading.submission import Origin
from grading.version import grader_version, scheme_digest

NAME = "results.json"
MISSING = "A WALL OF THE SANDBOX IS MISSING HERE: "
UNPROTECTED = "GRADED WITHOUT A SANDBOX: the code could reach labels, network and this machine"


class Results(msgspec.Struct):
    """Everything that grading found; the report is made from it."""

    scheme: Scheme
    submission: str  # its name
    origin: Origin
    protected: bool
    findings: Findings
    planned: list[CheckName]  # all checks
    missing_walls: list[str] = []  # of the sandbox, on this machine
    runs: dict[str, Run] = {}  # by their names

    @property
    def items(self) -> list[Item]:
        return points(self.scheme, self.findings)

    @property
    def score(self) -> float:
        return total(self.scheme, self.items, self.origin.late_days)

    @property
    def max_score(self) -> float:
        return sum(problem.max_points for problem in self.scheme.problems)

    @property
    def by_text(self) -> dict[str, Finding]:
        """The findings under their checks' names as people read them."""
        return {str(name): finding for name, finding in self.findings.items()}

    def counts(self) -> dict[str, int]:
        """Outcome -> how many checks ended in it, in the outcomes' order, those of none left out."""
        outcomes = [finding.outcome for finding in self.findings.values()]
        return {outcome.value: outcomes.count(outcome) for outcome in Outcome if outcome in outcomes}

    @property
    def causes(self) -> list[Cause]:
        return causes(self.items, self.findings)

    def reason(self) -> str:
        """The first thing to look at: the grader's own error, else what cost most points; "" where nothing did."""
        wrong = [name for name, finding in self.findings.items() if finding.outcome is Outcome.GRADER_ERROR]
        if wrong:
            return f"{wrong[0]}: {said(self.findings[wrong[0]])}"
        if not self.causes:
            return ""
        dearest, *others = self.causes
        more = f"; and {len(others)} more" if others else ""
        return f"{dearest}: {said(self.findings[dearest.names[0]])} (-{dearest.points:g} points{more})"

    def with_notes(self) -> list[tuple[CheckName, Finding]]:
        return [(name, finding) for name, finding in self.findings.items() if finding.notes]

    def alarms(self) -> list[str]:
        """What makes the whole report doubtful."""
        return ([] if self.protected else [UNPROTECTED]) + [f"{MISSING}{wall}" for wall in self.missing_walls]

    def notes(self) -> list[str]:
        """What holds for the whole submission."""
        notes = self.alarms()
        if len(self.findings) < len(self.planned):
            notes.insert(0, f"unfinished: {len(self.findings)} of {len(self.planned)} checks are made")
        if self.origin.late_days is None:
            notes.append("nothing says when it was handed in: late days are for a person, or give --received")
        if self.origin.dated_by_commit:
            notes.append(
                f"handed in {self.origin.handed_in} by its commit's own date, which is the student's word: "
                "give --received for the course's record"
            )
        if self.origin.submodules:
            notes.append(f"submodules whose files were not handed in: {', '.join(self.origin.submodules)}")
        if self.origin.left_out:
            notes.append(f"links that lead out of the submission, left out: {', '.join(self.origin.left_out)}")
        if self.origin.late_days:
            left = late_share(self.scheme, self.origin.late_days)
            notes.append(
                f"{self.origin.late_days} days late, {self.scheme.late.free_days} of them free: "
                f"{100 * left:g} % of the points"
            )
        return notes


def said(finding: Finding) -> str:
    """The outcome and the first message."""
    return ": ".join([finding.outcome.value, *map(str, finding.messages[:1])])


def item_test(item: Item) -> dict:
    graded = {"score": item.points} if item.points is not None else {}
    status = {} if item.points is None else {"status": "passed" if item.points == item.max_points else "failed"}
    return {"name": item.name, **graded, "max_score": item.max_points, **status, "output": "\n".join(item.reasons)}


def check_test(name: str, finding: Finding) -> dict:
    status = "passed" if finding.outcome is Outcome.PASSED else "failed"
    said = [*map(str, finding.messages), *(f"note: {note}" for note in finding.notes)]
    return {
        "name": name,
        "status": status,
        "output": "\n".join(said),
        "extra_data": {"outcome": finding.outcome.value, "seconds": finding.seconds, **finding.facts},
    }


def as_gradescope(results: Results) -> dict:
    """Items carry the points; checks say why. Times stand under `execution_time`, `seconds` and `run_seconds`."""
    tests = [item_test(item) for item in results.items if item.points is not None]
    checks = [check_test(name, finding) for name, finding in results.by_text.items()]
    return {
        "score": results.score,
        "execution_time": round(sum(each.seconds for each in results.findings.values()), 2),
        "output": "\n".join(results.notes()),
        "visibility": "after_due_date",
        "tests": tests + checks,
        "extra_data": {
            "scheme": results.scheme.name,
            "scheme_digest": scheme_digest(results.scheme),
            "grader": grader_version(),
            "submission": results.submission,
            "max_score": results.max_score,
            "origin": msgspec.to_builtins(results.origin),
            "sandbox": results.protected,
            "for_a_person": [item_test(item) for item in results.items if item.points is None],
        },
    }


def write_whole(path: Path, content: bytes) -> None:
    """Beside it, then renamed: a reader sees the old file or the new one, never half of one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    os.replace(beside, path)


def write_results(results: Results, out: Path) -> None:
    write_whole(out / NAME, msgspec.json.format(msgspec.json.encode(as_gradescope(results))))
