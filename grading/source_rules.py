"""What stands in a script's source, and in the bash and Python files that it reaches, against the course's rules.

Only for a person to look at: what counts is what a run does (grading/deeds.py).
"""

import re
from pathlib import Path
from typing import NamedTuple

from grading.outcomes import Message
from grading.python_source import calls, foreign_imports, optional_imports, reached
from grading.scheme import Rules
from grading.shell_rules import broken_rules, files_named
from grading.shell_syntax import Script
from grading.shell_wrappers import UNKNOWN
from grading.weights import inside


class Passage(NamedTuple):
    """A place in the source; `what` is the program, variable, function or package, "" where it is none of these."""

    what: str
    message: Message


def named_files(root: Path, text: str) -> list[Path]:
    """The submission's files that a word may mean: what follows its last unknown part is a path's end."""
    end = re.sub(r"\*+", "*", text.rpartition(UNKNOWN)[2].lstrip("./"))  # in bash `**.sh` means what `*.sh` does
    try:
        candidates = [root / end, *(path for path in root.rglob(Path(end).name) if path.match(end))] if end else []
    except (OSError, ValueError):  # a word that can be no file's name: too long, for one
        return []
    return [path for path in dict.fromkeys(candidates) if inside(root, str(path))]


def shell_files(root: Path, script: str) -> list[Path]:
    """The script and the shell files that it names, and those that they name."""
    found, waiting = {}, [root / script]
    while waiting:
        file = waiting.pop(0)
        if file not in found:
            found[file] = True
            waiting += [other for text in files_named(file.read_bytes(), (".sh",)) for other in named_files(root, text)]
    return list(found)


def python_files(root: Path, script: str) -> list[Path]:
    """The Python files that the script's shell files name or run as modules, and all that those import."""
    entries = []
    for file in shell_files(root, script):
        source = file.read_bytes()
        entries += [path for text in files_named(source, (".py",)) for path in named_files(root, text)]
        entries += [path for module in modules_run(source) for path in module_files(root, module)]
    return reached(root, list(dict.fromkeys(entries)))


def modules_run(source: bytes) -> list[str]:
    """X of every `python3 -m X`."""
    words = (use.words for use in Script(source).uses() if use.name.startswith("python") and "-m" in use.words[:-1])
    return [each[each.index("-m") + 1] for each in words]


def module_files(root: Path, module: str) -> list[Path]:
    path = root.joinpath(*module.split("."))
    return [file for file in (Path(f"{path}.py"), path / "__main__.py") if inside(root, str(file))]


def uses_wget(root: Path, script: str) -> bool:
    return any(use.name == "wget" for file in shell_files(root, script) for use in Script(file.read_bytes()).uses())


def bash_rules(root: Path, script: str, rules: Rules) -> list[Passage]:
    forbidden = rules.forbidden_commands, rules.forbidden_variables
    return [
        Passage(broken.what, Message(broken.text, str(file.relative_to(root)), broken.line))
        for file in shell_files(root, script)
        for broken in broken_rules(file.read_bytes(), *forbidden)
    ]


def other_pythons(root: Path, script: str, rules: Rules) -> list[Passage]:
    """Commands for Python that are not the course's."""
    uses = ((file, use) for file in shell_files(root, script) for use in Script(file.read_bytes()).uses())
    return [
        Passage(use.name, Message(f"{use.name} instead of {rules.python}", str(file.relative_to(root)), use.line))
        for file, use in uses
        if use.name.startswith("python") and use.name != rules.python
    ]


def screen_calls(root: Path, script: str, rules: Rules) -> list[Passage]:
    return [
        Passage(name, message)
        for file in python_files(root, script)
        for name, message in calls(root, file, rules.forbidden_calls)
    ]


def optional_places(root: Path, files: set[str]) -> set[tuple[str, int]]:
    """(file, line) of the imports without which the files go on. A file that is not the submission's has none."""
    own = {name: root / name for name in files if inside(root, name)}
    return {(name, line) for name, path in own.items() for line in optional_imports(path)}


def foreign_packages(root: Path, script: str, allowed: frozenset[str]) -> list[Passage]:
    return [
        Passage(name, message)
        for file in python_files(root, script)
        for name, message in foreign_imports(root, file, allowed)
    ]
