"""What a script predicted in one domain: whether it can be read, whether it reproduces, and how accurate it is."""

from grading.bounded import Exhausted, bounded
from grading.checks import READING_SECONDS
from grading.images import Staged, image_names, staged
from grading.kinds.base import Grading, Problem
from grading.names import FIRST, SECOND, THIRD, RunName
from grading.outcomes import Finding, Message, failed, judged, passed
from grading.predictions import CsvError, Predictions, differing, named, read_labels, read_predictions, renamed, score
from grading.run_checks import judged_run, why_unusable
from grading.runs import Call

CSV = "predictions.csv"
EVAL_MODE = "predict in eval mode, without drawing random numbers"
PIXELS_ONLY = "an answer may depend on the image's pixels only"


class Predicted:
    """The checks of one problem's predictions in one domain."""

    def __init__(self, grading: Grading, problem: Problem, call: Call):
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
            return failed(*why_unusable(self.grading, self.problem, self.name(FIRST), str(error)))
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
        """How many answers differ without another name; None where there was no third run, or it made none."""
        was_made = third.passed and self.name(THIRD) in self.grading.runner.made
        try:
            return len(self.differing(THIRD)) if was_made else None
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


def reason(chance: int | None) -> tuple[str, str]:
    """Why answers differ, given how many differ without another name, and what to do about it."""
    if chance is None:
        return (
            "answers change, by chance or by names: no third run gave answers, which would tell these apart",
            EVAL_MODE,
        )
    if chance:
        return f"answers change by chance: {chance} do under the first run's names too, in a third run", EVAL_MODE
    return "answers change by names or order: a third run under the first run's names repeats them", PIXELS_ONLY
