"""A script that writes one picture of many tiles: it opens, and is the same in a second run and in the report.

Whether it shows as many tiles as it should is for a person where they cannot be made out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from PIL import Image

from grading.bounded import Exhausted, bounded
from grading.checks import READING_SECONDS, Check, Findings
from grading.images import SUFFIXES
from grading.kinds.base import Earned, Grading, Lost, Problem
from grading.likeness import difference, difference_picture, explained_by_compression
from grading.names import FIRST, SECOND, THIRD, RunName
from grading.outcomes import Finding, Message, Outcome, failed, passed, printable, shortened
from grading.pictures import PictureError, inline, is_jpeg, read_picture, same_pictures
from grading.run_checks import judged_run, why_unusable
from grading.runs import Call
from grading.tables import Count, Positive
from grading.tiles import different_tiles, is_plain, tiles

FIXED_SEED = "draw from a fixed seed, with the network in eval mode"
FOR_A_PERSON = "for a person's eye"
COMPARED = 5  # files of the report's figure's name: more are not looked at


class FigureProblem(Problem, tag="figure", kw_only=True):
    """A script that writes one picture of rows x columns tiles."""

    template: ClassVar[str] = "figures.html"

    points: Positive
    rows: Count
    columns: Count
    figure: Annotated[str, Meta(pattern=r"^[^/*?\[]+$")]  # stem of the report's figure, anywhere in the submission
    writes: Annotated[str, Meta(pattern=r"^[^/{}]+$")] | None = None  # the picture's name, where a folder is given

    @property
    def max_points(self) -> float:
        return self.points

    def calls(self) -> list[Call]:
        return [Call(["{folder}"], self.writes) if self.writes else Call(["{output}"], "figure.png")]

    def checks(self, grading: Grading) -> Iterator[Check]:
        figure = Figure(grading, self)
        script, run, picture, again = (
            self.script_check,
            self.check("run"),
            self.check("picture"),
            self.check("run", run=SECOND),
        )
        yield Check(run, lambda _: figure.run(FIRST), needs=(script,), here=True)
        yield Check(picture, lambda _: figure.opens(), needs=(run,))
        yield Check(self.check("tiles"), lambda _: figure.tiles(), needs=(picture,))
        yield Check(again, lambda _: figure.run_again(), needs=(picture,), costs="not_reproduced", here=True)
        yield Check(
            self.check("same picture"),
            lambda findings: figure.same(findings[again]),
            needs=(again,),
            costs="not_reproduced",
        )
        yield Check(
            self.check("report's figure"), lambda _: figure.as_in_report(), needs=(picture,), costs="not_reproduced"
        )

    def earned(self, findings: Findings) -> Earned:
        picture = self.check("picture")
        if picture in findings and findings[picture].passed:
            return Earned(self.points, [], [])
        return Earned(0, ["no picture that can be graded"], [Lost(self.points, picture)])

    def shown(self, findings: Findings, raw: Path) -> list[dict[str, Any]]:
        """What the script wrote and, where it differs, the other picture and the differences."""
        opened = findings.get(self.check("picture"))
        if not opened or not opened.passed:
            return []
        pictures = [("written by the script", inline(raw / str(RunName(self.name)) / self.calls()[0].output))]
        for check in (self.check("same picture"), self.check("report's figure")):
            kept = findings[check].facts.get("pictures", {}) if check in findings else {}
            pictures += [(caption, inline(raw / file)) for caption, file in kept.items()]
        return [{"item": self.item, "pictures": pictures}]


class Figure:
    """The checks of one problem's picture."""

    def __init__(self, grading: Grading, problem: FigureProblem):
        self.grading, self.problem, self.call = grading, problem, problem.calls()[0]

    def name(self, which: str) -> RunName:
        return RunName(self.problem.name, which=which)

    def run(self, which: str, hidden: Sequence[str] = ()) -> Finding:
        name, call = self.name(which), self.call._replace(hidden=tuple(hidden))
        self.grading.runner.run(name, self.problem.script, call)
        return judged_run(self.grading, self.problem, name)

    def read(self, which: str) -> np.ndarray:
        """What that run wrote. Raises PictureError."""
        if reason := self.grading.runner.made[self.name(which)].unusable:
            raise PictureError(reason)
        return read_picture(self.file(which))

    def file(self, which: str) -> Path:
        return self.grading.raw(self.name(which), self.call.output)

    def opens(self) -> Finding:
        try:
            pixels = self.read(FIRST)
        except PictureError as error:
            return failed(*why_unusable(self.grading, self.problem, self.name(FIRST), str(error)))
        if is_plain(pixels):
            return failed(Message("one plain colour: no samples are on it", run=str(self.name(FIRST))))
        return passed(width=pixels.shape[1], height=pixels.shape[0])

    def tiles(self) -> Finding:
        wanted = self.problem.rows * self.problem.columns
        found = tiles(self.read(FIRST), self.problem.rows, self.problem.columns)
        different = different_tiles(found)
        if not found:
            return passed(notes=[Message(f"{wanted} tiles cannot be made out", todo=FOR_A_PERSON)])
        notes = (
            []
            if different == wanted
            else [Message(f"only {different} of {wanted} tiles are different", todo=FOR_A_PERSON)]
        )
        return passed(notes=notes, tiles=wanted, different=different)

    def run_again(self) -> Finding:
        """Without the submission's own files that show the same: a script that only copies one has nothing then.

        Where that makes a difference a third run finds them again, and is the one that counts.
        """
        own = self.own_files()
        finding = self.run(SECOND, own)
        finding.facts["counts"] = SECOND
        if not own or (finding.passed and self.equals_first(SECOND)):
            return finding
        note = Message(
            "the script shows this file instead of drawing: without it "
            + (finding.messages[0].text if finding.messages else "it writes another picture"),
            own[0],
            run=str(self.name(SECOND)),
            todo=FOR_A_PERSON,
            more=len(own) - 1,
        )
        third = self.run(THIRD)
        if third.passed and not self.equals_first(THIRD):
            note = None  # by chance: it differs with the file too
        third.facts["counts"] = THIRD
        third.notes = [note] if note else []
        return third

    def own_files(self) -> list[str]:
        try:
            return bounded(lambda: same_pictures(self.grading.root, self.read(FIRST)), READING_SECONDS)
        except Exhausted:
            return []  # thousands of pictures of that size: no figure of a report

    def equals_first(self, which: str) -> bool:
        try:
            return bounded(lambda: np.array_equal(self.read(FIRST), self.read(which)), READING_SECONDS)
        except (PictureError, Exhausted):
            return False

    def same(self, again: Finding) -> Finding:
        which = again.facts["counts"]
        try:
            other = self.read(which)
        except PictureError as error:
            return failed(Message(f"no picture to compare: {error}", run=str(self.name(which))))
        if not (apart := difference(self.read(FIRST), other)):
            return passed()
        return failed(
            Message(f"another picture than in the first run: {apart}", run=str(self.name(which)), todo=FIXED_SEED),
            pictures=self.keep(f"the {which} run", other, f"the {which} run"),
        )

    def as_in_report(self) -> Finding:
        """Against the files named as the figure; a report in PDF is for a person."""
        files = [
            path
            for path in sorted(self.grading.root.rglob(f"{self.problem.figure}.*"))
            if path.suffix.lower() in SUFFIXES and path.is_file()
        ][:COMPARED]
        if not files:
            said = f"no picture {self.problem.figure}.* in the submission"
            return Finding(Outcome.SKIPPED, [Message(said, todo="compare with the report by eye")])
        findings = [self.compared(path, f"report {number}") for number, path in enumerate(files)]
        return next((each for each in findings if each.passed), findings[0])

    def compared(self, path: Path, kept_as: str) -> Finding:
        name = str(path.relative_to(self.grading.root))
        try:
            drawn, other = self.read(FIRST), read_picture(path)
        except PictureError as error:
            return failed(Message(str(error), name))
        if not (apart := difference(drawn, other)):
            return passed(pictures=self.keep(name, other, kept_as))
        if drawn.shape != other.shape:
            return Finding(
                Outcome.SKIPPED,
                [Message(f"of another size: {apart}", name, todo="compare by eye")],
                {"pictures": self.keep(name, other, kept_as)},
            )
        if self.is_compressed(drawn, other, path):
            return passed(
                notes=[Message(f"the same but for JPEG's compression: {apart}", name)],
                pictures=self.keep(name, other, kept_as),
            )
        return failed(
            Message(
                f"not what the script draws: {apart}",
                name,
                run=str(self.name(FIRST)),
                todo="hand in the figure that the script draws",
            ),
            pictures=self.keep(name, other, kept_as),
        )

    def is_compressed(self, drawn: np.ndarray, other: np.ndarray, path: Path) -> bool:
        jpegs = [each for each in (path, self.file(FIRST)) if is_jpeg(each)]
        return any(explained_by_compression(drawn, other, each) for each in jpegs)

    def keep(self, name: str, other: np.ndarray, kept_as: str) -> dict[str, str]:
        """The other picture, and the differences where there are any, kept for the report: caption -> file in raw.

        A caption has any name that a file can have, in any bytes. What is kept has a name of this project's.
        """
        drawn, caption = self.read(FIRST), shortened(printable(name))
        shown = {caption: other}
        if drawn.shape == other.shape and not np.array_equal(drawn, other):
            shown[f"differences from {caption}"] = difference_picture(drawn, other)
        files = {text: f"{self.name(FIRST)} {kept_as} {number}.png" for number, text in enumerate(shown)}
        for text, pixels in shown.items():
            Image.fromarray(pixels).save(self.grading.runner.raw / files[text])
        return files
