"""What the terminal shows of a class: the submissions that are being graded, and each one's points when it ends."""

from distributed import Client, get_worker
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from grading.class_rows import Row
from grading.results import Results
from grading.scheme import Scheme

TOPIC = "grading"
NAME_SHOWN = 28  # characters: with the rest of the line a terminal of 80 columns is full
WIDTH = 200  # of a line that goes to a file


def tell(name: str, results: Results) -> None:
    """From a worker: how far it is. Outside of one nobody listens."""
    try:
        worker = get_worker()
    except ValueError:
        return
    done = len(results.findings)
    coming = str(results.planned[done]) if done < len(results.planned) else "report"
    worker.log_event(TOPIC, {"name": name, "done": done, "total": len(results.planned), "now": coming})


class ClassProgress:
    """A context: a bar of all submissions and one of each that is being graded."""

    def __init__(self, scheme: Scheme, total: int, finished: int):
        self.most = sum(problem.max_points for problem in scheme.problems)
        self.console = Console(soft_wrap=True)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(12),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}"),
            console=self.console,
            transient=True,
        )
        self.total, self.finished = total, finished
        self.whole = self.bars.add_task("submissions", total=total, completed=finished, now="")
        self.running: dict[str, int] = {}

    def __enter__(self) -> "ClassProgress":
        if self.console.is_terminal:
            self.bars.start()
        return self

    def __exit__(self, *_) -> None:
        self.bars.stop()

    def listen(self, client: Client) -> None:
        if self.console.is_terminal:
            client.subscribe_topic(TOPIC, lambda event: self.heard(event[1]))

    def heard(self, event: dict) -> None:
        name = event["name"]
        if name not in self.running:
            self.running[name] = self.bars.add_task(escape(name[:NAME_SHOWN]), total=event["total"], now="")
        self.bars.update(self.running[name], completed=event["done"], now=escape(event["now"]))

    def ended(self, row: Row) -> None:
        if (bar := self.running.pop(row.submission, None)) is not None:
            self.bars.remove_task(bar)
        self.finished += 1
        self.bars.update(self.whole, completed=self.finished)
        points = "not graded" if row.points is None else f"{row.points:g} of {self.most:g} points"
        line = f"{self.finished} of {self.total}  {row.submission}: {points}, {row.seconds:.0f} s" + (
            f"; {row.reason}" if row.reason else ""
        )
        width = self.console.width if self.console.is_terminal else WIDTH
        self.console.print(Text(line if len(line) <= width else f"{line[: width - 3]}..."))
