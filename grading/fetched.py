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
from typing import BinaryIO

import msgspec

from grading.folders import FolderError, entries

WEIGHTS, DATA, CODE = "weights", "data", "code"
CODE_NAMES = re.compile(r"\.(py[cdowix]?|so|sh|bash|pl|rb|js|lua|ipynb|whl|egg|jar|exe|dll|dylib|a|o)(\.\d+)*$", re.I)
TEXT_NAMES = re.compile(r"\.(json|csv|tsv|txt|ya?ml|md|cfg|ini|toml|names|vocab|xml|log|index)$", re.I)
PROGRAMS = {b"#!": "a script", b"\x7fELF": "a program", b"MZ": "a program", b"\xcf\xfa\xed\xfe": "a program"}
WEB_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)", re.I)
SCRIPTED = re.compile(r"(^|/)code/__torch__")  # TorchScript keeps its networks as text that only it reads
# What a pickle of weights may build: containers, numbers, arrays, tensors, and the network's own classes.
CLASSES_OF = re.compile(
    r"torch(\.(nn|optim|_tensor|storage|cuda)(\..*)?)?|"
    r"(torchvision|sklearn|collections|__torch__)(\..*)?"
)
CLASS = re.compile(r"_?[A-Z]\w*")
NAMED = {
    "builtins": "set frozenset dict list tuple int float complex bool str bytes bytearray slice range object",
    "torch": "device dtype float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 bool strided",
    "torch._utils": "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_qtensor "
    "_rebuild_parameter_with_state _rebuild_sparse_tensor _rebuild_device_tensor_from_numpy",
    "numpy": "ndarray dtype float32 float64 int64",
    "collections": "defaultdict",
    "_codecs": "encode",
    "torch.jit._pickle": "build_intlist build_tensorlist build_doublelist build_boollist",
    "copyreg": "_reconstructor",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
}
TEXT_READ = 2**24  # bytes
PICKLES = 8  # in a row, as PyTorch's older files have them
MEMBERS = 20_000  # of an archive


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
            if stat.S_ISREG(status.st_mode) and status.st_size and not same(Path(entry.path), pristine / name):
                why = code(Path(entry.path), name, own)
                found.append(Fetched(name, CODE if why else DATA if TEXT_NAMES.search(name) else WEIGHTS, why))
    except FolderError:
        return []
    return sorted(found, key=lambda each: each.name)


def own_modules(pristine: Path) -> frozenset[str]:
    """What the handed-in programs can be imported as: a pickle of a whole network names its classes."""
    files = [path.relative_to(pristine) for path in pristine.rglob("*.py")]
    return frozenset({"__main__"} | {part for file in files for part in (*file.parts[:-1], file.stem)})


def same(file: Path, other: Path) -> bool:
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
        head = file.read(4096)
    if WEB_PAGE.match(head):
        return "a web page: the address asks for more than wget sends"
    for magic, what in PROGRAMS.items():
        if head.startswith(magic):
            return what
    if zipfile.is_zipfile(path):
        return code_in_zip(path, own)
    if head[:1] == b"\x80":
        with open(path, "rb") as file:
            return code_in_pickles(file, own)
    return code_in_text(path, name)


def code_in_zip(path: Path, own: frozenset[str]) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist()[:MEMBERS]:
                if CODE_NAMES.search(member) and not SCRIPTED.search(member):
                    return f"an archive with a program in it ({member[:80]})"
                if member.endswith(".pkl"):
                    with archive.open(member) as file:
                        if why := code_in_pickles(file, own):
                            return why
    except Exception as error:  # what zipfile raises on bytes made to break it cannot be listed
        return f"an archive that cannot be read ({type(error).__name__})"
    return ""


def code_in_pickles(file: BinaryIO, own: frozenset[str]) -> str:
    for place in range(PICKLES):
        try:
            if why := code_in_pickle(file, own):
                return why
        except Exception as error:  # as pickletools does on raw numbers behind the last pickle
            return "" if place else f"a pickle that cannot be read ({type(error).__name__})"
    return ""


def code_in_pickle(file: BinaryIO, own: frozenset[str]) -> str:
    """A pickle can call whatever it names; it names what it calls."""
    pushed: list[str | None] = []  # texts that came onto its stack; None for anything else
    memory: dict[int, str | None] = {}
    for operation, argument, _ in pickletools.genops(file):
        kind = operation.name
        if kind in ("GLOBAL", "INST", "STACK_GLOBAL"):
            module, name = argument.split(" ", 1) if argument else pushed[-2:]
            if not harmless(module, name, own):
                return f"a pickle that calls {module}.{name}"[:100]
        if kind == "MEMOIZE" or "PUT" in kind:
            memory[len(memory) if argument is None else int(argument)] = pushed[-1]
        elif "GET" in kind:
            pushed.append(memory.get(int(argument)))
        elif kind.startswith("EXT"):
            return "a pickle that calls by number"
        elif kind not in ("PROTO", "FRAME", "STOP"):
            is_text = isinstance(argument, str) and kind not in ("GLOBAL", "INST")
            pushed.append(argument if is_text else None)
    return ""


def harmless(module: str | None, name: str | None, own: frozenset[str]) -> bool:
    if module is None or name is None:
        return False
    module = "builtins" if module == "__builtin__" else module
    return (
        name in NAMED.get(module, "").split()
        or module.partition(".")[0] in own
        and "." not in name
        or bool(CLASSES_OF.fullmatch(module) and CLASS.fullmatch(name))
    )


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
