"""What a run with network brought: weights and data stay, code that was not handed in does not.

By kind of file, from its bytes and its name. A handed-in program can still read any data as a program;
that stands in what was handed in, where a person finds it.
"""

import ast
import codecs
import mmap
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from grading.archives import MEMBERS, TooMuch, compressed, tarred, zipped
from grading.folders import FolderError, entries
from grading.outcomes import printable
from grading.pickles import code_in_pickles

WEIGHTS, DATA, CODE = "weights", "data", "code"
CODE_NAMES = re.compile(r"\.(py[cdowix]?|so|sh|bash|pl|rb|js|lua|ipynb|whl|egg|jar|exe|dll|dylib|a|o)(\.\d+)*$", re.I)
TEXT_NAMES = re.compile(r"\.(json|csv|tsv|txt|ya?ml|md|cfg|ini|toml|names|vocab|xml|log|index)$", re.I)
PROGRAMS = {b"#!": "a script", b"\x7fELF": "a program", b"MZ": "a program", b"\xcf\xfa\xed\xfe": "a program"}
CLOSED = re.compile(rb"7z\xbc\xaf|Rar!\x1a\x07|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18")  # 7-Zip, RAR, Zstandard, LZ4
WEB_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)", re.I)
ARRAY = re.compile(rb"\x93NUMPY(?:\x01.(..)|[\x02\x03].(....))", re.S)  # begin of a .npy, with its header's size
# What no module of the submission can be called: a pickle that names it means the other one.
NOT_OWN = sys.stdlib_module_names | {"numpy", "torch", "torchvision", "sklearn", "scipy", "joblib", "PIL"}
NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")  # characters that control something else than lines
TEXT_READ = 2**24  # bytes
DEPTH = 4  # of archives in archives


class Fetched(msgspec.Struct):
    """One file that was not there before, or another one than before."""

    name: str
    kind: str
    why: str = ""  # of code


def fetched_files(copy: Path, pristine: Path) -> list[Fetched]:
    """All that the runs with network left in the copy, by name. Links and the like are left out."""
    found, own = [], own_modules(pristine)
    try:
        for entry in entries(copy):
            name = os.path.relpath(entry.path, copy)
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_size:
                found += told(Path(entry.path), name, pristine, own)
    except FolderError:
        return []
    return sorted(found, key=lambda each: each.name)


def told(path: Path, name: str, pristine: Path, own: frozenset[str]) -> list[Fetched]:
    """Nothing for a file that is as it was handed in."""
    try:
        name.encode()
        why = None if same(path, pristine / name) else code(path, name, own)
    except UnicodeEncodeError:
        return [Fetched(printable(name), CODE, "its name is no text")]
    except OSError:
        why = "a file that cannot be read"
    return [] if why is None else [Fetched(name, CODE if why else DATA if TEXT_NAMES.search(name) else WEIGHTS, why)]


def own_modules(pristine: Path) -> frozenset[str]:
    """What the handed-in programs can be imported as: a pickle of a whole network names its classes."""
    files = [path.relative_to(pristine) for path in pristine.rglob("*.py")]
    named = {part for file in files for part in (*file.parts[:-1], file.stem)}
    return frozenset({"__main__"} | named - NOT_OWN)


def same(file: Path, other: Path) -> bool:
    """filecmp remembers answers by size and time, which a script sets as it likes."""
    if not other.is_file() or file.stat().st_size != other.stat().st_size:
        return False
    with open(file, "rb") as first, open(other, "rb") as second:
        while chunk := first.read(2**20):
            if chunk != second.read(2**20):
                return False
    return True


def code(path: Path, name: str, own: frozenset[str] = frozenset()) -> str:
    """What makes it code, in a few words; "" where it is weights or data."""
    if CODE_NAMES.search(name):
        return "its name is a program's"
    with open(path, "rb") as file:
        if WEB_PAGE.match(file.read(4096)):
            return "a web page: the address asks for more than wget sends"
        return code_in(file, bool(TEXT_NAMES.search(name)), own, 0)


def code_in(file: BinaryIO, may_be_text: bool, own: frozenset[str], depth: int) -> str:
    """A file can be of several kinds at once: a pickle, say, with a zip behind it."""
    file.seek(0)
    head = file.read(8)
    for magic, what in PROGRAMS.items():
        if head.startswith(magic):
            return what
    if CLOSED.match(head):
        return "an archive that the grader cannot look into"
    for start in list(starts_of_pickles(file)):
        file.seek(start)
        if why := code_in_pickles(file, own):
            return why
    return code_in_archives(file, own, depth) or code_in_text(file, may_be_text)


def starts_of_pickles(file: BinaryIO) -> Iterator[int]:
    """An array of objects is a pickle behind a header."""
    yield 0
    if os.fstat(file.fileno()).st_size:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for header in ARRAY.finditer(content):
                yield header.end() + int.from_bytes(header[1] or header[2], "little")


# Archives


def code_in_archives(file: BinaryIO, own: frozenset[str], depth: int) -> str:
    try:
        for members in (zipped, tarred, compressed):
            for count, (name, member) in enumerate(members(file)):
                if count >= MEMBERS or depth >= DEPTH:
                    raise TooMuch
                if CODE_NAMES.search(name):
                    return f"an archive with a program in it ({name[:80]})"
                if member and (why := code_in(member, True, own, depth + 1)):
                    return why
    except Exception as error:  # what the readers raise on bytes made to break them cannot be listed
        return f"an archive that cannot be read ({type(error).__name__})"
    return ""


# Text


def code_in_text(file: BinaryIO, may_be_text: bool) -> str:
    """Text that says it is data may not do anything; other text is no weights."""
    file.seek(0)
    text = text_of(file.read(TEXT_READ))
    if not text.strip():
        return ""
    if not may_be_text:
        return "text, where weights would be bytes"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "a shell's words" if re.search(r"\$\(|`|^\s*(export|source|eval|exec)\s", text, re.M) else ""
    acts = (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "Python that calls something" if any(isinstance(node, acts) for node in ast.walk(tree)) else ""


def text_of(raw: bytes) -> str:
    """In whatever encoding that a program may have; "" for bytes that are no text."""
    if b"\0" in raw:
        return ""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(raw)  # the last character may be cut
    except UnicodeDecodeError:
        return "" if NO_TEXT.search(raw) else raw.decode("latin-1")
