"""A script that writes one picture of many tiles: it opens, shows as many, and is the same in a second run and in
the report."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from PIL import Image

from grading.checks import Check, Findings
from grading.images import SUFFIXES
from grading.kinds.base import Earned, Grading, Lost, Problem
from grading.names import RunName
from grading.outcomes import Finding, Message, Outcome, failed, judged, passed
from grading.pictures import PictureError, difference, difference_picture, different_tiles, inline, read_picture, tiles
from grading.run_checks import judged_run
from grading.runs import Call
from grading.tables import Count, Positive

FIGURE = "figure.png"


class FigureProblem(Problem, tag="figure", kw_only=True):
    """A script that writes one picture of rows x columns tiles."""

    template: ClassVar[str] = "figures.html"

    points: Positive
    rows: Count
    columns: Count
    figure: Annotated[str, Meta(pattern=r"^[^/*?\[]+$")]  # stem of the report's figure, anywhere in the submission

    @property
    def max_points(self) -> float:
        return self.points

    def calls(self) -> list[Call]:
        return [Call(["{output}"], FIGURE)]

    def checks(self, grading: Grading) -> Iterator[Check]:
        first, second = RunName(self.name), RunName(self.name, which="second")
        run, again, picture = self.check("run"), self.check("run", run="second"), self.check("picture")
        yield Check(run, partial(picture_run, grading, self, first), needs=(self.script_check,), here=True)
        yield Check(picture, partial(picture_opens, grading, first), needs=(run,))
        yield Check(self.check("tiles"), partial(picture_tiles, grading, self, first), needs=(picture,))
        yield Check(again, partial(picture_run, grading, self, second), needs=(picture,), costs="not_reproduced",
                    here=True)
        yield Check(self.check("same picture"), partial(same_picture, grading, first, second), needs=(again,),
                    costs="not_reproduced")
        yield Check(self.check("report's figure"), partial(report_figure, grading, self, first), needs=(picture,),
                    costs="not_reproduced")

    def earned(self, findings: Findings) -> Earned:
        tiles_check = self.check("tiles")
        if tiles_check in findings and findings[tiles_check].passed:
            return Earned(self.points, [], [])
        return Earned(0, [f"no picture of {self.rows * self.columns} tiles"], [Lost(self.points, tiles_check)])

    def shown(self, findings: Findings, raw: Path) -> list[dict[str, Any]]:
        """What the script wrote and, where it differs, the other picture and the differences."""
        opened = findings.get(self.check("picture"))
        if not opened or not opened.passed:
            return []
        pictures = [("written by the script", inline(raw / str(RunName(self.name)) / FIGURE))]
        for check in (self.check("same picture"), self.check("report's figure")):
            kept = findings[check].facts.get("pictures", {}) if check in findings else {}
            pictures += [(caption, inline(raw / file)) for caption, file in kept.items()]
        return [{"item": self.item, "pictures": pictures}]


def picture_run(grading: Grading, problem: FigureProblem, name: RunName, _: Findings) -> Finding:
    return judged_run(grading.runner.run(name, problem.script, problem.calls()[0]), name, grading.raw(name))


def picture_opens(grading: Grading, run: RunName, _: Findings) -> Finding:
    if reason := grading.runner.made[run].unusable:
        return failed(Message(reason))
    try:
        height, width, _ = read_picture(grading.raw(run, FIGURE)).shape
    except PictureError as error:
        return failed(Message(str(error)))
    return passed(width=width, height=height)


def picture_tiles(grading: Grading, problem: FigureProblem, run: RunName, _: Findings) -> Finding:
    try:
        found = tiles(read_picture(grading.raw(run, FIGURE)), problem.rows, problem.columns)
    except PictureError as error:
        return failed(Message(str(error)))
    different = different_tiles(found)
    return judged([] if different == len(found) else [Message(f"only {different} of {len(found)} tiles are different")])


def same_picture(grading: Grading, first: RunName, second: RunName, _: Findings) -> Finding:
    if reason := grading.runner.made[second].unusable:
        return failed(Message(f"in the second run {reason}"))
    try:
        return compared(grading, first, read_picture(grading.raw(second, FIGURE)), "the second run")
    except PictureError as error:
        return failed(Message(f"the second run's picture {error}"))


def report_figure(grading: Grading, problem: FigureProblem, run: RunName, _: Findings) -> Finding:
    """Against the file named as the figure; a report in PDF is for a person."""
    files = [path for path in sorted(grading.root.rglob(f"{problem.figure}.*"))
             if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not files:
        return Finding(Outcome.SKIPPED, [Message(f"no picture {problem.figure}.* in the submission: for a person")])
    name = str(files[0].relative_to(grading.root))
    try:
        return compared(grading, run, read_picture(files[0]), name)
    except PictureError as error:
        return failed(Message(str(error), name))


def compared(grading: Grading, run: RunName, other: np.ndarray, other_name: str) -> Finding:
    """Pixel by pixel. The other picture, and the differences where there are any, are kept for the report."""
    picture, files = read_picture(grading.raw(run, FIGURE)), {}
    apart = difference(picture, other)
    shown = {other_name: other, f"differences from {other_name}": difference_picture(picture, other) if apart else None}
    for caption, pixels in shown.items():
        if pixels is not None:
            files[caption] = f"{run} {len(files)} {Path(other_name).stem}.png"
            Image.fromarray(pixels).save(grading.runner.raw / files[caption])
    return judged([Message(f"not the same as {other_name}: {apart}")] if apart else [], pictures=files)
