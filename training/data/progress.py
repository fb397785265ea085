"""What a long command shows while it works."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10


@contextmanager
def progress(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar with the time left on a terminal, now and then a line elsewhere."""
    with (_bar if sys.stdout.isatty() else _lines)(text, total) as advance:
        yield advance


@contextmanager
def _bar(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns) as display:
        task = display.add_task(text, total=total)
        yield lambda count: display.advance(task, count)


@contextmanager
def _lines(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    done, shown = 0, time.monotonic()
    print(text, flush=True)

    def advance(count: int) -> None:
        nonlocal done, shown
        done += count
        if time.monotonic() - shown > SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            print(f"{text}: {done:,} of {f'{total:,}' if total else 'unknown'}", flush=True)

    yield advance
