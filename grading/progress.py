"""The table that grows while a submission is graded: on a terminal in place, elsewhere once at the end."""

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grading.outcomes import Finding, Outcome
from grading.results import Results
from grading.scheme import Scheme

COLOURS = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.TIMED_OUT: "magenta", Outcome.CRASHED: "red",
           Outcome.SKIPPED: "dim", Outcome.GRADER_ERROR: "yellow"}


def row(name: str, finding: Finding) -> tuple:
    said = "; ".join(map(str, finding.messages[:3])) + ("; ..." if len(finding.messages) > 3 else "")
    return name, Text(finding.outcome.value, COLOURS[finding.outcome]), f"{finding.seconds:.1f}", Text(said)


def table(results: Results, done: bool) -> Table:
    """Skipped checks are only counted: they tell nothing that the one before them does not."""
    seconds = sum(finding.seconds for finding in results.findings.values())
    skipped = sum(finding.outcome is Outcome.SKIPPED for finding in results.findings.values())
    state = "graded" if done else "grading"
    grown = Table(title=f"{state}: {results.score:g} of {results.max_score:g} points, {len(results.findings)} checks "
                        f"({skipped} skipped), {seconds:.1f} s", caption="\n".join(results.notes()))
    for heading in ("check", "outcome", "seconds", "what it found"):
        grown.add_column(heading, justify="right" if heading == "seconds" else "left")
    for name, finding in results.findings.items():
        if finding.outcome is not Outcome.SKIPPED:
            grown.add_row(*row(name, finding))
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
        self.live.update(table(results, done=False), refresh=self.console.is_terminal)

    def __exit__(self, *_) -> None:
        self.live.stop()
        if self.results:
            self.console.print(table(self.results, done=True))
