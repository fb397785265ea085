"""Reads Python files without running them: what they import, and calls that need a screen."""

import ast
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grading.outcomes import Message
from grading.packages import KNOWN, STANDARD
from grading.weights import inside


class Import(NamedTuple):
    module: str  # with its dots: sklearn.manifold
    line: int
    optional: bool  # inside `try: ... except ImportError:`


def parse(path: Path) -> ast.Module:
    """Raises SyntaxError (also for what is no Python at all) with the line in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they would be printed: a "\\d" gives one from Python 3.12 on
            return ast.parse(path.read_bytes())
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or type(error).__name__) from error


def optional_nodes(tree: ast.Module) -> set[ast.AST]:
    """Everything in the body of a `try` that goes on where an import fails."""
    tries = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(catches_import_error(handler) for handler in node.handlers)
    )
    return {node for each in tries for statement in each.body for node in ast.walk(statement)}


def catches_import_error(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    return not handler.type or bool(names & {"ImportError", "ModuleNotFoundError", "Exception"})


def called_name(node: ast.AST) -> str:
    """`show` of plt.show(), import_module of importlib.import_module(...); "" of anything else."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", ""))


def modules(node: ast.AST) -> list[str]:
    """What one node imports; relative imports stay within the submission and are none."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    if called_name(node) in ("__import__", "import_module") and node.args and isinstance(node.args[0], ast.Constant):
        return [str(node.args[0].value)]
    return []


def imports(tree: ast.Module) -> Iterator[Import]:
    optional = optional_nodes(tree)
    for node in ast.walk(tree):
        for module in modules(node):
            yield Import(module, node.lineno, node in optional)


def own_file(root: Path, importer: Path, module: str) -> Path | None:
    """The submission's file for a module, looked for from the importer's folder up to the root.

    With os.path, which takes a name that is too long for the name of nothing; pathlib raises.
    """
    for folder in [importer.parent, *importer.parent.parents]:
        base = folder.joinpath(*module.split("."))
        for file in (Path(f"{base}.py"), base / "__init__.py"):
            if os.path.isfile(file):
                return file
        if os.path.isdir(base):
            return base  # a package without __init__.py
        if folder == root:
            return None
    return None


def relative_files(tree: ast.Module, importer: Path) -> Iterator[Path]:
    folders = [importer.parent, *importer.parent.parents]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(folders):
            folder = folders[node.level - 1]
            parts = (node.module or "").split(".") if node.module else []
            yield from (folder.joinpath(*parts, alias.name).with_suffix(".py") for alias in node.names)
            if parts:
                yield folder.joinpath(*parts).with_suffix(".py")


def reached(root: Path, entries: list[Path]) -> list[Path]:
    """The submission's Python files that these ones import, directly or not, and themselves."""
    found, waiting = {}, list(entries)
    while waiting:
        file = waiting.pop(0)
        if file in found or not inside(root, str(file)):
            continue
        found[file] = True
        try:
            tree = parse(file)
        except SyntaxError:
            continue  # said where the file is judged
        waiting += [own for each in imports(tree) if (own := own_file(root, file, each.module))]
        waiting += relative_files(tree, file)
    return list(found)


def optional_imports(file: Path) -> list[int]:
    """The lines of imports that may fail: the file says what happens then."""
    try:
        return [each.line for each in imports(parse(file)) if each.optional]
    except SyntaxError:
        return []


def is_own(root: Path, package: str) -> bool:
    """Whether a module of that name lies anywhere in the submission: a changed sys.path may lead to it."""
    return package.isidentifier() and any(
        path.name == f"{package}.py" or path.name == package and path.is_dir() for path in root.rglob("*")
    )


def foreign_imports(root: Path, file: Path, allowed: frozenset[str]) -> list[tuple[str, Message]]:
    """(package, message): imports that are neither the standard library's, the submission's, nor allowed."""
    name = str(file.relative_to(root))
    try:
        tree = parse(file)
    except SyntaxError as error:
        return [("", Message(f"Python cannot read it: {error.msg}", name, error.lineno or 0))]
    foreign = {}
    for each in imports(tree):
        package = each.module.partition(".")[0]
        known = package in allowed or package in STANDARD or each.optional
        if not known and package not in foreign and not is_own(root, package):
            what = "which is not allowed" if package in KNOWN else "neither handed in nor allowed"
            foreign[package] = Message(f"import of {package}, {what}", name, each.line)
    return list(foreign.items())


def calls(root: Path, file: Path, forbidden: frozenset[str]) -> list[tuple[str, Message]]:
    """(function, message)."""
    try:
        tree = parse(file)
    except SyntaxError:
        return []  # said by foreign_imports
    return [
        (called_name(node), Message(f"{called_name(node)}() is forbidden", str(file.relative_to(root)), node.lineno))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called_name(node) in forbidden
    ]
