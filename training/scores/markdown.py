"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown_table(columns: Sequence[object], rows: Iterable[Sequence[object]], texts: int = 1) -> str:
    """The first `texts` columns hold text and the others numbers, which stand to the right; None is an empty cell."""
    rules = ["---"] * texts + ["---:"] * (len(columns) - texts)
    lines = [columns, rules, *(["" if cell is None else cell for cell in row] for row in rows)]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
