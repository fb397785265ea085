"""The table that grows while a submission is graded: on a terminal in place, elsewhere once at the end."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grading.outcomes import Finding, Outcome
from grading.results import Results
from grading.scheme import Scheme

WORTH_SECONDS = 0.5
COLOURS = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.TIMED_OUT: "magenta", Outcome.CRASHED: "red",
           Outcome.SKIPPED: "dim", Outcome.GRADER_ERROR: "yellow"}


def row(name: str, finding: Finding) -> tuple:
    said = "; ".join(map(str, finding.messages[:3])) + ("; ..." if len(finding.messages) > 3 else "")
    return name, Text(finding.outcome.value, COLOURS[finding.outcome]), f"{finding.seconds:.1f}", Text(said)


def is_worth_a_row(finding: Finding) -> bool:
    """Not what passed at once with nothing to say, nor what was skipped: the check before it says more."""
    return finding.outcome is not Outcome.SKIPPED and (
        not finding.passed or bool(finding.messages) or finding.seconds >= WORTH_SECONDS)


def state(results: Results) -> str:
    """How far it is, and what is being done now."""
    seconds = sum(finding.seconds for finding in results.findings.values())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in results.counts().items())
    coming = results.planned[len(results.findings):]
    now = f"{len(results.findings)} of {len(results.planned)} checks, now {coming[0]}" if coming else "graded"
    points = f"{results.score:g} of {results.max_score:g} points"
    return "; ".join([f"{results.submission}: {now}", points, *([counts] if counts else []), f"{seconds:.1f} s"])


def table(results: Results) -> Table:
    grown = Table(title=Text(state(results)), caption="\n".join(results.notes()), caption_style="bold red",
                  box=SIMPLE_HEAD)
    for heading in ("check", "outcome", "seconds", "what it found"):
        grown.add_column(heading, justify="right" if heading == "seconds" else "left",
                         no_wrap=heading != "what it found", overflow="fold")
    for name, finding in results.findings.items():
        if is_worth_a_row(finding):
            grown.add_row(*row(str(name), finding))
    return grown


def points_table(results: Results) -> Table:
    grown = Table(box=SIMPLE_HEAD, show_footer=True)
    grown.add_column("item", "all that is graded here")
    grown.add_column("points", f"{results.score:g}", justify="right")
    grown.add_column("of", f"{results.max_score:g}", justify="right")
    grown.add_column("how")
    for item in results.items:
        points = "" if item.points is None else f"{item.points:g}"
        grown.add_row(Text(item.name), points, f"{item.max_points:g}", Text("; ".join(item.reasons)),
                      style="dim" if item.points is None else "")
    return grown


class Progress:
    """A context: the table is on the screen while it lasts."""

    def __init__(self, scheme: Scheme):
        self.console = Console()
        self.live = Live(Text(f"grading by: {scheme.name}"), console=self.console, auto_refresh=False, transient=True)
        self.results: Results | None = None

    def __enter__(self) -> "Progress":
        if self.console.is_terminal:
            self.live.start()
        return self

    def show(self, results: Results) -> None:
        self.results = results
        self.live.update(table(results), refresh=self.console.is_terminal)

    def __exit__(self, *_) -> None:
        self.live.stop()
        if self.results:
            self.console.print(table(self.results), points_table(self.results))
