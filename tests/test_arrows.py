"""Arrows between rooms point one way: reports → training → inference → models, grading apart. There is no circle."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "models": {"models"},
    "inference": {"inference", "models"},
    "training": {"training", "inference", "models"},
    "reports": {"reports", "training", "inference", "models"},
    "grading": {"grading"},
}


def run_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below this one, but not what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from run_nodes(child)


def imported_modules(file: Path, nodes: Callable[[ast.AST], Iterable[ast.AST]] = ast.walk) -> set[str]:
    """Names of modules that the file imports anywhere, inside functions too; of `from a import b` both a and a.b."""
    names = set()
    for node in nodes(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_arrow_points_upward(room):
    for file in (ROOT / room).rglob("*.py"):
        rooms = {name.split(".")[0] for name in imported_modules(file)} & MAY_IMPORT.keys()
        assert rooms <= MAY_IMPORT[room], f"{file.relative_to(ROOT)} imports {rooms - MAY_IMPORT[room]}"


def test_there_is_no_circle():
    modules = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for room in MAY_IMPORT
        for file in (ROOT / room).rglob("*.py")
    }
    waiting = {name: imported_modules(file, run_nodes) & modules.keys() - {name} for name, file in modules.items()}
    while free := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: needed - free for name, needed in waiting.items() if name not in free}
    assert not waiting, f"these import each other: {sorted(waiting)}"


def test_no_file_is_longer_than_a_reader_keeps_in_mind():
    long = {
        str(file.relative_to(ROOT)): lines
        for room in MAY_IMPORT
        for file in (ROOT / room).rglob("*.py")
        if (lines := len(file.read_text().splitlines())) > 250
    }
    assert not long
