"""A script that predicts the labels of each domain's images: every image once, the same again under other names, and
an accuracy that is held against a baseline or another problem."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from grading.checks import Check, Findings
from grading.kinds.base import Earned, Grading, Lost, Problem
from grading.kinds.predicted import CSV, Predicted
from grading.names import FIRST, SECOND, THIRD, CheckName
from grading.outcomes import Finding, Message, judged
from grading.runs import Call
from grading.tables import NotNegative, Percent, Word


class PredictionProblem(Problem, tag="predictions", kw_only=True):
    """A script that predicts each domain's images, judged against a baseline or another problem."""

    template: ClassVar[str] = "accuracies.html"

    domains: Annotated[list[Word], Meta(min_length=1)]
    running: NotNegative  # points where the script runs in every domain
    reached: list[NotNegative]  # further points for 1, 2, ... domains that reach the baseline
    baseline: dict[str, Percent] = {}  # percent by domain
    beats: str = ""  # or: the problem whose accuracy is to be exceeded

    @property
    def max_points(self) -> float:
        return self.running + self.reached[-1]

    def contradiction(self, before: set[str]) -> str:
        if len(self.reached) != len(self.domains):
            return "reached: needs as many entries as domains"
        if self.beats and self.beats not in before:
            return f"beats: {self.beats!r} is no problem above it"
        if not self.beats and set(self.baseline) != set(self.domains):
            return "baseline: needs a number for each domain, unless it `beats` a problem"
        return ""

    def calls(self) -> list[Call]:
        return [Call(["{images}", domain, "{output}"], CSV, domain) for domain in self.domains]

    def checks(self, grading: Grading) -> Iterator[Check]:
        for call in self.calls():
            yield from domain_checks(grading, self, call)

    def earned(self, findings: Findings) -> Earned:
        unread, missed = self.failing("CSV", findings), self.failing("baseline", findings)
        reached = len(self.domains) - len(missed)
        further = self.reached[reached - 1] if reached else 0
        running = self.running * (not unread)
        lost = [Lost((self.running - running) / len(unread), self.check("CSV", domain)) for domain in unread]
        lost += [Lost((self.reached[-1] - further) / len(missed), self.missed_by(each, findings)) for each in missed]
        total = len(self.domains)
        return Earned(
            running + further,
            [
                f"{running:g} for running in {total - len(unread)} of {total} domains",
                f"{further:g} for {reached} of {total} that reach the baseline",
            ],
            lost,
        )

    def missed_by(self, domain: str, findings: Findings) -> CheckName:
        """The baseline, unless the second run's other answers or unreadable rows explain why it was missed."""
        held, scored = self.check("baseline", domain), self.check("accuracy", domain)
        if held not in findings or not findings[scored].passed or "wanted" not in findings[held].facts:
            return held
        found, wanted = findings[scored].facts, findings[held].facts["wanted"]
        reaches = (lambda percent: percent > wanted) if self.beats else (lambda percent: percent >= wanted)
        unread, images = (sum(row[10] for row in found["confusion"]), sum(map(sum, found["confusion"])))
        if reaches(found["accuracy"]):
            return self.check("same answers", domain)
        return self.check("rows", domain) if reaches(found["counted"] + 100 * unread / images) and unread else held

    def failing(self, step: str, findings: Findings) -> list[str]:
        """The domains in which that check has not passed."""
        names = {domain: self.check(step, domain) for domain in self.domains}
        return [domain for domain, name in names.items() if name not in findings or not findings[name].passed]

    def shown(self, findings: Findings, raw: Path) -> list[dict[str, Any]]:
        """For each domain that was scored: accuracy, what it is held against, and confusions."""
        return [
            {
                "problem": self.name,
                "domain": domain,
                "wanted": held.facts.get("wanted"),
                "reached": held.outcome.value,
                **scored.facts,
            }
            for domain in self.domains
            if (scored := findings.get(self.check("accuracy", domain)))
            and scored.passed
            and (held := findings.get(self.check("baseline", domain)))
        ]


def rivals(problem: PredictionProblem, domain: str) -> list[CheckName]:
    """The check of the accuracy that it is to exceed; empty where a number is to be reached."""
    return [CheckName("accuracy", problem.beats, domain)] if problem.beats else []


def domain_checks(grading: Grading, problem: PredictionProblem, call: Call) -> Iterator[Check]:
    predicted = Predicted(grading, problem, call)
    run, table, rows, same, accuracy = (
        problem.check(step, call.domain) for step in ("run", "CSV", "rows", "same answers", "accuracy")
    )
    second, third = (problem.check("run", call.domain, which) for which in (SECOND, THIRD))
    rival = rivals(problem, call.domain)
    yield Check(run, lambda _: predicted.run(FIRST), needs=(problem.script_check,), here=True)
    yield Check(table, lambda _: predicted.csv(), needs=(run,))
    yield Check(rows, lambda _: predicted.rows(), needs=(table,))
    yield Check(second, lambda _: predicted.run(SECOND), needs=(table,), costs="not_reproduced", here=True)
    yield Check(third, lambda _: predicted.run_to_tell(), needs=(second,), here=True)
    yield Check(
        same, lambda findings: predicted.same(findings[third]), needs=(second,), reads=(third,), costs="not_reproduced"
    )
    yield Check(accuracy, lambda findings: predicted.accuracy(findings[same]), needs=(table,), reads=(same,))
    yield Check(
        problem.check("baseline", call.domain),
        lambda findings: baseline(problem, call.domain, findings[accuracy], [findings[each] for each in rival]),
        needs=(accuracy, *rival),
        here=True,
    )


def baseline(problem: PredictionProblem, domain: str, accuracy: Finding, rival: list[Finding]) -> Finding:
    counted = accuracy.facts["counted"]
    wanted = rival[0].facts["accuracy"] if rival else problem.baseline[domain]
    reached = counted > wanted if rival else counted >= wanted
    asked = f"more than {problem.beats}'s {wanted:.2f} %" if rival else f"{wanted:.2f} %"
    missed = f"{counted:.2f} % counts, {asked} is asked for"
    return judged([] if reached else [Message(missed)], counted=counted, wanted=wanted)
