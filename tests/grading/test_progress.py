"""A row of the table is a line at 80 columns, and only what was found is cut."""

import pytest
from rich.console import Console

from grading.outcomes import Finding, Message, Outcome
from grading.progress import row, table
from grading.results import Results
from grading.scheme import DEFAULT, read_scheme
from grading.submission import Origin


@pytest.mark.parametrize("outcome", Outcome)
def test_outcome_and_seconds_are_whole(outcome):
    finding = Finding(
        outcome, [Message("https://example.org/weights/model.pth: unable to resolve host address " * 3)], seconds=46.8
    )
    console = Console(width=80, record=True)
    console.print(
        table(
            Results(read_scheme(DEFAULT), "one", Origin("folder"), True, {}, []),
            [row("p3 mnistm: second run", finding)],
        )
    )
    [line] = [line for line in console.export_text().splitlines() if "second run" in line]
    assert f"{outcome.value} " in line and " 46.8 " in line and "https://example.org" in line and len(line) <= 80
