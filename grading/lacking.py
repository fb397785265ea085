"""What this machine lacks of what a machine of the course's year had: a package, an older version, a GPU."""

import re
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from platform import python_version
from typing import NamedTuple

from grading.outcomes import Message
from grading.packages import DROPPED, STANDARD
from grading.python_source import is_own

OLDER = "grade it with the version of the course's year"
OWN = "hand it in; if it is a package, install it to see what else the script is worth"
MISSING = re.compile(r"No module named '([\w.]+)'")
GONE = re.compile(
    r"(?:module '([\w.]+)' has no attribute|"
    r"cannot import name '\w+' from(?: partially initialized module)? '([\w.]+)')"
)
CUDA = re.compile(
    r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs|deserialize object on a CUDA device|"
    r"CUDA-capable device|"
    r"CUDA unknown error|CUDA driver|has no attribute '_cuda_",
    re.I,
)
# Objects of packages that have lost methods since, and what else only newer versions say.
CHANGED = {
    r"'(DataFrame|Series)' object has no attribute": "pandas",
    r"'_\w*DataLoaderIter' object has no attribute": "torch",
    r"Legacy autograd function": "torch",
}
KEYWORD = re.compile(r"(?:^|\s)(\w+)(?:\.\w+)*\(\) got an unexpected keyword argument")


class Cause(NamedTuple):
    message: Message
    is_machines: bool = False  # this machine lacks something: not the submission's fault


def lacking(text: str, root: Path, allowed: frozenset[str], source: Path) -> list[Cause]:
    """What this machine lacks. `source` holds all of the submission's own code."""
    if CUDA.search(text):
        none = "needs CUDA, and the sandbox has no GPU: this machine has none, or the scheme lets none in"
        return [Cause(Message(none, todo="grade it on a machine with a GPU"), True)]
    if package := changed_package(text):
        return [outdated(package, installed_version(package), text.partition(": ")[2][:150], package in allowed)]
    if (match := KEYWORD.search(text)) and not is_defined(match[1], source):
        said = f"{match[1]}() of a package of this machine takes this argument no more, or never did"
        return [Cause(Message(said, todo=OLDER), True)]
    missing, gone = MISSING.search(text), GONE.search(text)
    name = missing[1] if missing else (gone[1] or gone[2]) if gone else ""
    package = name.partition(".")[0]
    if missing and package in DROPPED:  # one of the submission's own would have been found, were it in reach
        return [outdated("Python", python_version(), f"no module {name}", True)]
    if not package or is_own(root, package):
        return []
    if (installed := installed_version(package)) and (package in allowed or not missing):
        lacks = f"no module {name}" if missing else text.partition(": ")[2][:150]
        return [outdated(package, installed, lacks, package in allowed)]
    if package in STANDARD:
        return [outdated("Python", python_version(), text.partition(": ")[2][:150], True)] if gone else []
    if package in allowed:
        return [
            Cause(Message(f"the course allows {package}, and this machine lacks it", todo=f"install {package}"), True)
        ]
    return (
        [Cause(Message(f"no module {name}: not handed in, and no package that the course allows", todo=OWN))]
        if missing
        else []
    )


def outdated(what: str, version: str, lacks: str, is_machines: bool) -> Cause:
    said = f"this machine's {what} is {version}, and has it no more, or never had: {lacks}"
    return Cause(Message(said, todo=OLDER), is_machines)


def installed_version(package: str) -> str:
    for distribution in packages_distributions().get(package, []):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return ""


def changed_package(text: str) -> str:
    """The package of which this machine's version may be too new; or nothing."""
    return next((package for pattern, package in CHANGED.items() if re.search(pattern, text)), "")


def is_defined(name: str, source: Path) -> bool:
    """Whether the submission's own code defines this function or class; without its code it counts as its own."""
    try:
        return bool(re.search(rf"\b(?:def|class)\s+{name}\b", source.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return True
