"""What stands in a bash script against the course's rules, and the files that it names."""

import fnmatch
from typing import NamedTuple

from grading.shell_syntax import Script


class Broken(NamedTuple):
    """A line with something forbidden on it: a command or a variable, or what cannot be read."""

    line: int
    text: str
    what: str = ""


def broken_rules(source: bytes, commands: frozenset[str], variables: frozenset[str]) -> list[Broken]:
    """Each once, by line."""
    script = Script(source)
    found = {Broken(line, f"{name} is forbidden", name) for name, line in script.variables() if name in variables}
    for use in script.uses():
        names = {name for name in commands if use.name == name or matches_glob(name, use.name)}
        found |= {Broken(use.line, f"{name} is forbidden", name) for name in names}
        if use.hidden:
            found.add(Broken(use.line, use.hidden))
    return sorted(found)


def matches_glob(name: str, pattern: str) -> bool:
    """Whether bash may expand a command's name, as in /bin/r?, to a forbidden one; a bare * says nothing."""
    return (
        any(mark in pattern for mark in "?*[")
        and pattern != "["
        and bool(pattern.strip("*[]"))
        and (fnmatch.fnmatchcase(name, pattern))
    )


def files_named(source: bytes, endings: tuple[str, ...]) -> list[str]:
    """Texts of all words that end like a file's name: what a script runs or sources, and more."""
    script = Script(source)
    words = (node for node in script.nodes if node.type in ("word", "string", "raw_string", "concatenation"))
    texts = (text for word in words for text in script.texts(word) if text.endswith(endings))
    return list(dict.fromkeys(texts))
