"""A script that predicts the labels of each domain's images: every image once, the same again under other names, and
an accuracy that is held against a baseline or another problem."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from grading.bounded import Exhausted, bounded
from grading.checks import READING_SECONDS, Check, Findings
from grading.images import Staged, image_names, staged
from grading.kinds.base import Earned, Grading, Lost, Problem
from grading.names import CheckName, RunName
from grading.outcomes import Finding, Message, failed, judged, passed
from grading.predictions import CsvError, Predictions, differing, named, read_labels, read_predictions, renamed, score
from grading.run_checks import judged_run
from grading.runs import Call
from grading.tables import NotNegative, Percent, Word

CSV = "predictions.csv"
FIRST, SECOND, THIRD = "first", "second", "third"
EVAL_MODE = "predict in eval mode, without drawing random numbers"
PIXELS_ONLY = "an answer may depend on the image's pixels only"


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
    )


class Predicted:
    """The checks of one problem's predictions in one domain."""

    def __init__(self, grading: Grading, problem: PredictionProblem, call: Call):
        self.grading, self.problem, self.call = grading, problem, call
        self.folder, self.table = grading.domain_data(call.domain)

    def name(self, which: str) -> RunName:
        return RunName(self.problem.name, self.call.domain, which)

    def images(self, which: str) -> Staged:
        """The second run's have other names."""
        return staged(self.folder, self.grading.scheme.data.second_run_seed if which == SECOND else None)

    def labels(self) -> dict[str, str]:
        """Raises ValueError, the grader's error, where images and labels do not belong together."""
        labels = read_labels(self.table)
        if set(labels) != set(image_names(self.folder)):
            raise ValueError(f"{self.table} does not list the images of {self.folder}")
        return labels

    def run(self, which: str) -> Finding:
        name = self.name(which)
        self.grading.runner.run(name, self.problem.script, self.call, self.images(which).folder)
        return judged_run(self.grading, self.problem, name)

    def read(self, which: str) -> Predictions:
        """What that run wrote, under the images' own names. Raises CsvError."""
        if reason := self.grading.runner.made[self.name(which)].unusable:
            raise CsvError(reason)
        predictions = read_predictions(self.grading.raw(self.name(which), CSV))
        return predictions._replace(rows=renamed(predictions.rows, self.images(which).originals))

    def csv(self) -> Finding:
        try:
            found = self.read(FIRST)
        except CsvError as error:
            return failed(Message(str(error), run=str(self.name(FIRST))))
        return passed(
            notes=[Message(f"the CSV {note}", run=str(self.name(FIRST))) for note in found.notes], rows=len(found.rows)
        )

    def rows(self) -> Finding:
        found = self.read(FIRST)
        complaints = score(found.rows, self.labels()).complaints
        return judged([Message(text) for text in [*complaints, *(f"the CSV {oddity}" for oddity in found.oddities)]])

    def differing(self, which: str) -> list[str]:
        """The images that have another answer than in the first run. Raises CsvError."""
        return differing(self.read(FIRST).rows, self.read(which).rows, self.labels())

    def run_to_tell(self) -> Finding:
        """Where the second run's answers differ, a third one under the first run's names tells chance from names."""
        try:
            return self.run(THIRD) if bounded(lambda: self.differing(SECOND), READING_SECONDS) else passed()
        except (CsvError, Exhausted):
            return passed()  # nothing to tell apart

    def same(self, third: Finding) -> Finding:
        """The course asks that the accuracy reproduces; single answers that differ are a note."""
        try:
            names = self.differing(SECOND)
        except CsvError as error:
            return failed(Message(str(error), run=str(self.name(SECOND))))
        if not names:
            return passed(accuracy=self.percent(SECOND))
        chance = self.chance(third)
        percents = [self.percent(which) for which in (FIRST, SECOND, *([] if chance is None else [THIRD]))]
        message = self.difference(names, chance, percents)
        reproduces = max(percents) - min(percents) <= self.grading.scheme.penalties.accuracy_tolerance
        return judged([] if reproduces else [message], [message] if reproduces else [], accuracy=percents[1])

    def percent(self, which: str) -> float:
        return score(self.read(which).rows, self.labels()).accuracy

    def chance(self, third: Finding) -> int | None:
        """How many answers differ without another name; None where the third run made none."""
        try:
            return len(self.differing(THIRD)) if third.passed else None
        except CsvError:
            return None

    def difference(self, names: list[str], chance: int | None, percents: list[float]) -> Message:
        """Why answers differ, what that does to the accuracy, and which they are."""
        [said] = named(f"other answers of {len(self.labels())} under other names", names)
        why, todo = reason(chance)
        accuracies = " and ".join(f"{each:.2f} %" for each in percents)
        return Message(f"{why}; accuracy {accuracies}; {said}", run=str(self.name(SECOND)), todo=todo)

    def accuracy(self, same: Finding) -> Finding:
        """The worse of the two runs' counts: one that holds under the images' own names only is worth nothing."""
        result = score(self.read(FIRST).rows, self.labels())
        counted = min(result.accuracy, same.facts.get("accuracy", 0.0))
        said = f"{result.accuracy:.2f} %" + ("" if counted == result.accuracy else f", of which {counted:.2f} % count")
        return passed(
            Message(said),
            accuracy=round(result.accuracy, 4),
            counted=round(counted, 4),
            confusion=result.confusion,
            per_class={digit: round(share, 4) for digit, share in result.per_class.items()},
        )


def baseline(problem: PredictionProblem, domain: str, accuracy: Finding, rival: list[Finding]) -> Finding:
    counted = accuracy.facts["counted"]
    wanted = rival[0].facts["accuracy"] if rival else problem.baseline[domain]
    reached = counted > wanted if rival else counted >= wanted
    asked = f"more than {problem.beats}'s {wanted:.2f} %" if rival else f"{wanted:.2f} %"
    missed = f"{counted:.2f} % counts, {asked} is asked for"
    return judged([] if reached else [Message(missed)], counted=counted, wanted=wanted)


def reason(chance: int | None) -> tuple[str, str]:
    """Why answers differ, given how many differ without another name, and what to do about it."""
    if chance is None:
        return "answers change, by chance or by names: a third run, which tells these apart, made none", EVAL_MODE
    if chance:
        return f"answers change by chance: {chance} do under the first run's names too, in a third run", EVAL_MODE
    return "answers change by names or order: a third run under the first run's names repeats them", PIXELS_ONLY
