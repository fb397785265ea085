"""A script that predicts the labels of each domain's images: every image once, the same again under other names, and
an accuracy that is held against a baseline or another problem."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from grading.checks import Check, Findings
from grading.images import Staged, image_names, staged
from grading.kinds.base import Earned, Grading, Lost, Problem
from grading.names import CheckName, RunName
from grading.outcomes import Finding, Message, failed, judged, passed
from grading.predictions import CsvError, differing, named, read_labels, read_predictions, renamed, score
from grading.run_checks import judged_run
from grading.runs import Call
from grading.tables import NotNegative, Percent, Word

CSV = "predictions.csv"


class PredictionProblem(Problem, tag="predictions", kw_only=True):
    """A script that predicts each domain's images, judged against a baseline or another problem."""

    template: ClassVar[str] = "accuracies.html"

    domains: Annotated[list[Word], Meta(min_length=1)]
    running: NotNegative         # points where the script runs in every domain
    reached: list[NotNegative]   # further points for 1, 2, ... domains that reach the baseline
    baseline: dict[str, Percent] = {}  # percent by domain
    beats: str = ""              # or: the problem whose accuracy is to be exceeded

    @property
    def max_points(self) -> float:
        return self.running + self.reached[-1]

    def contradiction(self, before: set[str]) -> str:
        if len(self.reached) != len(self.domains):
            return "needs as many entries in `reached` as domains"
        if self.beats and self.beats not in before:
            return f"beats {self.beats!r}, which is no problem above it"
        if not self.beats and set(self.baseline) != set(self.domains):
            return "needs a baseline for each domain, or `beats`"
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
        lost += [Lost((self.reached[-1] - further) / len(missed), self.check("baseline", domain)) for domain in missed]
        total = len(self.domains)
        return Earned(running + further, [f"{running:g} for running in {total - len(unread)} of {total} domains",
                                          f"{further:g} for {reached} of {total} that reach the baseline"], lost)

    def failing(self, step: str, findings: Findings) -> list[str]:
        """The domains in which that check has not passed."""
        names = {domain: self.check(step, domain) for domain in self.domains}
        return [domain for domain, name in names.items() if name not in findings or not findings[name].passed]

    def shown(self, findings: Findings, raw: Path) -> list[dict[str, Any]]:
        """For each domain that was scored: accuracy, what it is held against, and confusions."""
        return [{"problem": self.name, "domain": domain, "wanted": held.facts.get("wanted"), "reached": held.outcome.value,
                 **scored.facts}
                for domain in self.domains
                if (scored := findings.get(self.check("accuracy", domain))) and scored.passed
                and (held := findings.get(self.check("baseline", domain)))]


def domain_checks(grading: Grading, problem: PredictionProblem, call: Call) -> Iterator[Check]:
    domain = call.domain
    first, second = RunName(problem.name, domain), RunName(problem.name, domain, "second")
    run, table, rows, same, accuracy_check = (
        problem.check(step, domain) for step in ("run", "CSV", "rows", "same answers", "accuracy"))
    again = problem.check("run", domain, "second")
    yield Check(run, partial(prediction_run, grading, problem, call, first), needs=(problem.script_check,), here=True)
    yield Check(table, partial(csv_readable, grading, first), needs=(run,))
    yield Check(rows, partial(csv_rows, grading, domain, first), needs=(table,))
    yield Check(again, partial(prediction_run, grading, problem, call, second), needs=(table,), costs="not_reproduced",
                here=True)
    yield Check(same, partial(same_answers, grading, domain, first, second), needs=(again,), costs="not_reproduced")
    yield Check(accuracy_check, partial(accuracy, grading, domain, first, same), needs=(table,), reads=(same,))
    yield Check(problem.check("baseline", domain), partial(baseline, problem, domain), needs=(accuracy_check, *rivals(problem, domain)))


def rivals(problem: PredictionProblem, domain: str) -> list[CheckName]:
    """The check of the accuracy that it is to exceed; empty where a number is to be reached."""
    return [CheckName("accuracy", problem.beats, domain)] if problem.beats else []


def prediction_run(grading: Grading, problem: PredictionProblem, call: Call, name: RunName, _: Findings) -> Finding:
    images = images_of(grading, call.domain, name.which).folder
    return judged_run(grading.runner.run(name, problem.script, call, images), name, grading.raw(name))


def images_of(grading: Grading, domain: str, which: str) -> Staged:
    """The second run's images have other names."""
    seed = grading.scheme.data.second_run_seed if which == "second" else None
    return staged(grading.domain_data(domain)[0], seed)


def csv_readable(grading: Grading, run: RunName, _: Findings) -> Finding:
    if reason := grading.runner.made[run].unusable:
        return failed(Message(reason))
    try:
        return passed(rows=len(read_predictions(grading.raw(run, CSV)).rows))
    except CsvError as error:
        return failed(Message(str(error)))


def csv_rows(grading: Grading, domain: str, run: RunName, _: Findings) -> Finding:
    rows, oddities = read_predictions(grading.raw(run, CSV))
    complaints = score(rows, labels_of(grading, domain)).complaints
    return judged([Message(text) for text in [*complaints, *(f"the CSV {oddity}" for oddity in oddities)]])


def labels_of(grading: Grading, domain: str) -> dict[str, str]:
    """Raises ValueError, the grader's error, where images and labels do not belong together."""
    folder, table = grading.domain_data(domain)
    labels = read_labels(table)
    if set(labels) != set(image_names(folder)):
        raise ValueError(f"{table} does not list the images of {folder}")
    return labels


def second_rows(grading: Grading, domain: str, run: RunName) -> list[tuple[str, str]]:
    """Raises CsvError where the second run has no table."""
    if reason := grading.runner.made[run].unusable:
        raise CsvError(reason)
    return renamed(read_predictions(grading.raw(run, CSV)).rows, images_of(grading, domain, run.which).originals)


def same_answers(grading: Grading, domain: str, first: RunName, second: RunName, _: Findings) -> Finding:
    try:
        other = second_rows(grading, domain, second)
    except CsvError as error:
        return failed(Message(f"in the second run {error}"))
    labels = labels_of(grading, domain)
    names = differing(read_predictions(grading.raw(first, CSV)).rows, other, labels)
    return judged([Message(text) for text in named(f"other answers of {len(labels)} under other names", names)],
                  accuracy=score(other, labels).accuracy)


def accuracy(grading: Grading, domain: str, run: RunName, same: CheckName, findings: Findings) -> Finding:
    """The worse of the two runs' counts: one that holds under the images' own names only is worth nothing."""
    result = score(read_predictions(grading.raw(run, CSV)).rows, labels_of(grading, domain))
    counted = min(result.accuracy, findings[same].facts.get("accuracy", 0.0))
    said = f"{result.accuracy:.2f} %" + ("" if counted == result.accuracy else f", of which {counted:.2f} % count")
    return passed(Message(said), accuracy=round(result.accuracy, 4), counted=round(counted, 4), confusion=result.confusion,
                  per_class={digit: round(share, 4) for digit, share in result.per_class.items()})


def baseline(problem: PredictionProblem, domain: str, findings: Findings) -> Finding:
    counted = findings[problem.check("accuracy", domain)].facts["counted"]
    wanted = next((findings[rival].facts["accuracy"] for rival in rivals(problem, domain)), problem.baseline.get(domain))
    reached = counted > wanted if problem.beats else counted >= wanted
    missed = f"{counted:.2f} % counted, {'more than ' if problem.beats else ''}{wanted:.2f} % wanted"
    return judged([] if reached else [Message(missed)], counted=counted, wanted=wanted)
