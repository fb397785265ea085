"""What a pickle calls, told without loading it.

Its operations are cut as an unpickler cuts them, and of their arguments no more is read than that takes. So this
reader does not stop at anything that an unpickler goes past.
"""

import pickletools
import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterator
from typing import BinaryIO

from grading.tables import MIB

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
MODULE = re.compile(r"\w[\w.]*")
OPERATIONS = {each.code.encode("latin-1"): each for each in pickletools.opcodes}
SIZES = {  # of an argument that begins with its length: bytes of the length, and whether it has a sign
    pickletools.TAKEN_FROM_ARGUMENT1: (1, False),
    pickletools.TAKEN_FROM_ARGUMENT4: (4, True),
    pickletools.TAKEN_FROM_ARGUMENT4U: (4, False),
    pickletools.TAKEN_FROM_ARGUMENT8U: (8, False),
}
TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}  # by which STACK_GLOBAL is told what it names
CALLS = {"REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST", "BUILD"}
KEPT = 1000  # bytes of an argument: no name is longer


class BreaksOff(Exception):
    """An unpickler ends here with an error."""


def code_in_pickles(file: BinaryIO, own: frozenset[str]) -> str:
    """What one of the pickles calls that stand here in a row; "" where all are weights, or none stands here."""
    while True:
        pickle = Pickle(own)
        try:
            for kind, argument in operations(file):
                if why := pickle.take(kind, argument):
                    return why
        except BreaksOff:
            # What it called by then may have read on in the file by itself, as joblib's arrays do.
            return "a pickle that cannot be read to its end" if pickle.has_called else ""


def operations(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Name and argument of each, to the pickle's end. Raises BreaksOff."""
    kind = ""
    while kind != "STOP":
        if not (operation := OPERATIONS.get(file.read(1))):
            raise BreaksOff
        kind = operation.name
        yield kind, argument_of(operation.arg, file) if operation.arg else b""


def argument_of(descriptor: pickletools.ArgumentDescriptor, file: BinaryIO) -> bytes:
    if descriptor is pickletools.stringnl_noescape_pair:
        return line(file) + line(file)
    if descriptor.n == pickletools.UP_TO_NEWLINE:
        return line(file)
    if descriptor.n >= 0:
        return begin(file, descriptor.n)
    width, signed = SIZES[descriptor.n]
    return begin(file, int.from_bytes(begin(file, width), "little", signed=signed))


def line(file: BinaryIO) -> bytes:
    """The next line, of which the begin is enough."""
    first = more = file.readline(KEPT)
    while more and not more.endswith(b"\n"):
        more = file.readline(MIB)
    return first.rstrip(b"\n") + b"\n"


def begin(file: BinaryIO, size: int) -> bytes:
    """Of the next `size` bytes, all of which are passed."""
    first = file.read(min(max(size, 0), KEPT))
    left = size - len(first)
    while left > 0 and (more := file.read(min(left, MIB))):
        left -= len(more)
    if left:  # there are fewer, or the size is negative
        raise BreaksOff
    return first


class Pickle:
    """What one has put onto its stack so far, and whether it called something that it named."""

    def __init__(self, own: frozenset[str]):
        self.own = own
        self.pushed: list[str | None] = []  # texts; None for anything else
        self.memory: dict[int, str | None] = {}
        self.harm = ""  # what it named and may not call
        self.has_named = self.has_called = False

    def take(self, kind: str, argument: bytes) -> str:
        """The next operation. Returns what makes it code. Raises BreaksOff."""
        if kind in ("GLOBAL", "INST", "STACK_GLOBAL"):
            module, name = named(argument) if argument else self.last_two()
            self.has_named = True
            if not harmless(module, name, self.own):
                self.harm = self.harm or f"a pickle that calls {module}.{name}"[:100]
        elif kind.startswith("EXT"):
            self.harm = self.harm or "a pickle that calls by number"
        if kind in CALLS:
            self.has_called |= self.has_named and (kind == "INST" or bool(self.last_two()))
        if kind == "STOP" and not self.pushed:
            raise BreaksOff
        self.keep(kind, argument)
        return self.harm if kind in CALLS or kind == "STOP" else ""

    def last_two(self) -> list[str | None]:
        if len(self.pushed) < 2:  # of an operation that takes several things away nothing is subtracted
            raise BreaksOff
        return self.pushed[-2:]

    def keep(self, kind: str, argument: bytes) -> None:
        if kind == "MEMOIZE" or "PUT" in kind:
            if not self.pushed:
                raise BreaksOff
            self.memory[place(kind, argument) if argument else len(self.memory)] = self.pushed[-1]
        elif "GET" in kind:
            self.pushed.append(self.memory.get(place(kind, argument)))
        elif kind not in ("PROTO", "FRAME", "STOP"):
            self.pushed.append(text(argument) if kind in TEXTS else None)


def named(argument: bytes) -> list[str]:
    """Module and name, a line each. Raises BreaksOff where no module can be called so."""
    try:
        module, name = argument.decode("utf-8").split("\n")[:2]
    except UnicodeDecodeError as error:
        raise BreaksOff from error
    if not MODULE.fullmatch(module):
        raise BreaksOff
    return [module, name]


def place(kind: str, argument: bytes) -> int:
    try:
        return int(argument) if kind in ("GET", "PUT") else int.from_bytes(argument, "little")
    except ValueError as error:
        raise BreaksOff from error


def text(argument: bytes) -> str | None:
    try:
        return argument.decode("utf-8", "surrogatepass") if len(argument) < KEPT else None
    except UnicodeDecodeError as error:
        raise BreaksOff from error


def harmless(module: str | None, name: str | None, own: frozenset[str]) -> bool:
    """Python 2's names mean Python 3's, as an unpickler takes them."""
    if module is None or name is None:
        return False
    module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
    return (
        name in NAMED.get(module, "").split()
        or module.partition(".")[0] in own
        and "." not in name
        or bool(CLASSES_OF.fullmatch(module) and CLASS.fullmatch(name))
    )
