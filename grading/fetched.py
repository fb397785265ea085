"""What a run with network brought: weights and data stay, code that was not handed in does not.

By kind of file, from its bytes and its name. A handed-in program can still read any data as a program;
that stands in what was handed in, where a person finds it.
"""

import ast
import os
import pickletools
import re
import stat
import zipfile
from pathlib import Path

import msgspec

from grading.folders import FolderError, entries

WEIGHTS, DATA, CODE = "weights", "data", "code"
CODE_NAMES = re.compile(r"\.(py[cdowix]?|so|sh|bash|pl|rb|js|lua|ipynb|whl|egg|jar|exe|dll|dylib|a|o)(\.\d+)*$", re.I)
TEXT_NAMES = re.compile(r"\.(json|csv|tsv|txt|ya?ml|md|cfg|ini|toml|names|vocab|xml|log|index)$", re.I)
PROGRAMS = {b"#!": "a script", b"\x7fELF": "a program", b"MZ": "a program", b"\xcf\xfa\xed\xfe": "a program"}
WEB_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)", re.I)
SCRIPTED = re.compile(r"(^|/)code/__torch__")  # TorchScript keeps its networks as text that only it reads
# What a pickle of weights may build: containers, numbers, arrays, tensors, and the network's own classes.
BUILT_FROM = re.compile(r"(torch|torchvision|numpy|sklearn|scipy|pandas|collections|copyreg|_codecs)(\.|$)")
PLAIN = {"set", "frozenset", "dict", "list", "tuple", "int", "float", "complex", "bool", "str", "bytes", "bytearray",
         "slice", "range", "object"}
DANGEROUS = re.compile(r"^(torch\.(hub|serialization|package|utils\.cpp_extension|utils\.data|multiprocessing|distributed)|"
                       r"numpy\.(testing|f2py|distutils|lib\.utils|ctypeslib)|pandas\.(io|eval|core\.computation)|"
                       r"torch\._(inductor|dynamo))(\.|$)")
TEXT_READ = 2 ** 24  # bytes
PICKLES = 8          # in a row, as PyTorch's older files have them
MEMBERS = 20_000     # of an archive


class Fetched(msgspec.Struct):
    """One file that was not there before, or another one than before."""

    name: str
    kind: str
    why: str = ""  # of code


def fetched_files(copy: Path, pristine: Path) -> list[Fetched]:
    """All that the runs with network left in the copy, by name. Links and the like are left out."""
    found = []
    try:
        for entry in entries(copy):
            name = os.path.relpath(entry.path, copy)
            if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode) and not same(Path(entry.path), pristine / name):
                why = code(Path(entry.path), name)
                found.append(Fetched(name, CODE if why else DATA if TEXT_NAMES.search(name) else WEIGHTS, why))
    except FolderError:
        return []
    return sorted(found, key=lambda each: each.name)


def same(file: Path, other: Path) -> bool:
    if not other.is_file() or file.stat().st_size != other.stat().st_size:
        return False
    with open(file, "rb") as first, open(other, "rb") as second:
        while chunk := first.read(2 ** 20):
            if chunk != second.read(2 ** 20):
                return False
    return True


def code(path: Path, name: str) -> str:
    """What makes it code, in a few words; "" where it is weights or data."""
    if CODE_NAMES.search(name):
        return "its name is a program's"
    with open(path, "rb") as file:
        head = file.read(4096)
    if WEB_PAGE.match(head):
        return "a web page: the address asks for more than wget sends"
    for magic, what in PROGRAMS.items():
        if head.startswith(magic):
            return what
    if zipfile.is_zipfile(path):
        return code_in_zip(path)
    if head[:1] == b"\x80":
        with open(path, "rb") as file:
            return code_in_pickles(file)
    return code_in_text(path, name)


def code_in_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist()[:MEMBERS]:
                if CODE_NAMES.search(member) and not SCRIPTED.search(member):
                    return f"an archive with a program in it ({member[:80]})"
                if member.endswith(".pkl"):
                    with archive.open(member) as file:
                        if why := code_in_pickles(file):
                            return why
    except Exception as error:  # what zipfile raises on bytes made to break it cannot be listed
        return f"an archive that cannot be read ({type(error).__name__})"
    return ""


def code_in_pickles(file) -> str:
    for place in range(PICKLES):
        try:
            if why := code_in_pickle(file):
                return why
        except Exception as error:  # as pickletools does on raw numbers behind the last pickle
            return "" if place else f"a pickle that cannot be read ({type(error).__name__})"
    return ""


def code_in_pickle(file) -> str:
    """A pickle can call anything that it names; it names what it calls."""
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(file):
        if operation.name in ("GLOBAL", "INST"):
            texts = argument.split(" ", 1)
        elif isinstance(argument, str):
            texts = [*texts[-1:], argument]
        if operation.name in ("GLOBAL", "INST", "STACK_GLOBAL") and not harmless(*(texts[-2:] if len(texts) > 1 else ("", ""))):
            return f"a pickle that calls {'.'.join(texts[-2:])[:80]}"
        if operation.name in ("EXT1", "EXT2", "EXT4"):
            return "a pickle that calls by number"
    return ""


def harmless(module: str, name: str) -> bool:
    if module in ("builtins", "__builtin__"):
        return name in PLAIN
    return bool(BUILT_FROM.match(module)) and not DANGEROUS.match(module) and "." not in name and name not in (
        "load", "loads", "eval", "exec", "compile", "system", "run", "runstring", "open", "fromfile", "read_pickle", "load_module")


def code_in_text(path: Path, name: str) -> str:
    """Text that says it is data may not do anything; other text is no weights."""
    raw = path.read_bytes()[:TEXT_READ]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if "\0" in text or not text.strip():
        return ""
    if not TEXT_NAMES.search(name):
        return "text, where weights would be bytes"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "a shell's words" if re.search(r"\$\(|`|^\s*(export|source|eval|exec)\s", text, re.M) else ""
    acts = (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "Python that calls something" if any(isinstance(node, acts) for node in ast.walk(tree)) else ""
