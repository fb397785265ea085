"""The table that grows while a submission is graded: on a terminal in place, elsewhere once at the end."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grading.outcomes import Finding, Outcome
from grading.results import Results, said
from grading.scheme import Scheme

WORTH_SECONDS = 0.5
AROUND = 7  # lines of the table besides its rows
COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.TIMED_OUT: "magenta",
    Outcome.CRASHED: "red",
    Outcome.SKIPPED: "dim",
    Outcome.GRADER_ERROR: "yellow",
}


def row(name: str, finding: Finding) -> tuple:
    said = "; ".join(map(str, finding.messages[:3])) + ("; ..." if len(finding.messages) > 3 else "")
    return (
        name,
        Text(finding.outcome.value, COLOURS[finding.outcome]),
        f"{finding.seconds:.1f}",
        Text(said, no_wrap=True),
    )


def is_worth_a_row(finding: Finding) -> bool:
    """Not what passed at once with nothing to say, nor what was skipped: the check before it says more."""
    return finding.outcome is not Outcome.SKIPPED and (
        not finding.passed or bool(finding.messages) or finding.seconds >= WORTH_SECONDS
    )


def state(results: Results) -> str:
    """How far it is, and what is being done now."""
    seconds = sum(finding.seconds for finding in results.findings.values())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in results.counts().items())
    coming = results.planned[len(results.findings) :]
    now = f"{len(results.findings)} of {len(results.planned)} checks, now {coming[0]}" if coming else "graded"
    points = f"{results.score:g} of {results.max_score:g} points"
    return "; ".join([f"{results.submission}: {now}", points, *([counts] if counts else []), f"{seconds:.1f} s"])


def table(results: Results, rows: list[tuple]) -> Table:
    """A row is a line: the report and what is printed below have the whole messages. Only the last column gives way:
    Rich narrows the others too where it must not wrap any."""
    grown = Table(title=Text(state(results), overflow="ellipsis", no_wrap=True), box=SIMPLE_HEAD)
    for heading, narrowest in (("check", 22), ("outcome", 12), ("seconds", 7)):
        grown.add_column(
            heading,
            justify="right" if heading == "seconds" else "left",
            min_width=narrowest,
            no_wrap=True,
            overflow="ellipsis",
        )
    grown.add_column("what it found", overflow="ellipsis")
    for each in rows:
        grown.add_row(*each)
    return grown


def worth_rows(results: Results) -> list[tuple]:
    return [row(str(name), finding) for name, finding in results.findings.items() if is_worth_a_row(finding)]


def growing(results: Results, height: int) -> Table:
    """The last rows, as many as the terminal has lines for: what scrolls away cannot be taken back."""
    return table(results, worth_rows(results)[-max(1, height - AROUND) :])


def points_table(results: Results) -> Table:
    grown = Table(box=SIMPLE_HEAD, show_footer=True)
    written = [item for item in results.items if item.points is None]
    person = f"{sum(item.max_points for item in written):g} points more, of {len(written)} items, are for a person"
    grown.add_column("item", "all that scripts earn")
    grown.add_column("points", f"{results.score:g}", justify="right")
    grown.add_column("of", f"{results.max_score:g}", justify="right")
    grown.add_column("how", person if written else "")
    for item in results.items:
        if item.points is not None:
            grown.add_row(Text(item.name), f"{item.points:g}", f"{item.max_points:g}", Text("; ".join(item.reasons)))
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
        self.live.update(growing(results, self.console.height), refresh=self.console.is_terminal)

    def __exit__(self, *_) -> None:
        self.live.stop()
        if self.results:
            self.print(self.results)

    def print(self, results: Results) -> None:
        self.console.print(table(results, worth_rows(results)))
        for note in results.notes():
            self.console.print(Text(note, "bold red" if note in results.alarms() else "yellow"))
        self.console.print(points_table(results))
        for cause in results.causes:
            finding = results.findings[cause.names[0]]
            cost = f"{cause.points:g} open" if finding.outcome is Outcome.GRADER_ERROR else f"-{cause.points:g}"
            self.console.print(Text(f"{cost}  {cause}: {said(finding)}"))
