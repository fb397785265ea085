"""Records what a run does while it runs: the programs that it starts, and what its Python tells.

The kernel stops every execve, execveat and chdir below the sandbox until this process has read their
arguments (grading/notify.py). So nothing inside holds, writes or can change a record, and a program is
seen under whatever wrapper, language or shell it is started. Python's part (grading/python_watch.py)
speaks through the same door: an execve of the path TELL, which is answered with "no such file".
"""

import errno
import os
import socket
import threading
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import msgspec

from grading.bubblewrap import NAMES
from grading.notify import MACHINE, Notice, followed, install, listen, parent, text_at, texts_at
from grading.outcomes import printable
from grading.python_watch import TELL

MOST = 1000  # different programs, and different things told by Python, that one run's record holds
THIS_FOLDER = 2**32 - 100  # AT_FDCWD
WORDS, LENGTH = 12, 200  # of a program's arguments, and characters of each
GIVEN = {
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "USER",
    "PYTHONDONTWRITEBYTECODE",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "OMP_NUM_THREADS",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
}  # variables that a run has without setting them
SHELLS = {"bash", "sh", "dash", "zsh", "ksh", "mksh", "busybox", "fish"}
MANY_IN_ONE = {"busybox", "toybox", "coreutils"}  # programs whose first argument names the program meant
SYSTEM_FOLDERS = ("/usr/", "/bin/", "/sbin/", "/lib")


class Program(msgspec.Struct):
    """A program that a run started; of several starts the first."""

    name: str  # as it was called
    real: str  # the file's own name, where it was called through a link
    arguments: list[str]
    by: str  # the command that started it
    count: int = 1


class Told(msgspec.Struct, frozen=True):
    """What the run's Python did: `import` of a package, `show` of a figure, `variable` that it set."""

    kind: str
    what: str
    file: str  # of the submission, where the code that did it lies there
    line: int


class Record(msgspec.Struct):
    """What a run did. `whole` is false where there was more than a record holds, or none to be had."""

    programs: list[Program] = []
    told: list[Told] = []
    whole: bool = True


@cache
def is_system_script(path: str) -> bool:
    """Whether it is a script of the system, which is read-only and small enough to be remembered."""
    with suppress(OSError), open(path, "rb") as file:
        return file.read(2) == b"#!"
    return False


class Image(NamedTuple):
    """What a process runs."""

    said: str  # its words, as far as they are kept
    of_system: bool  # a script of the system's own: what that starts is not the submission's doing


class Recorder:
    """Takes the record of one run, from the start of `command` on.

    with Recorder(command) as recorder:
        Popen(..., preexec_fn=recorder.install)
        ...
    recorder.record
    """

    def __init__(self, command: list[str]):
        self.command = [word[:LENGTH] for word in command[:WORDS]]
        self.record = Record(whole=False)
        self.first: Image | None = None
        self.images: dict[int, Image] = {}
        self.programs: dict[tuple[str, str], Program] = {}
        self.told: dict[Told, None] = {}
        self.full = False
        self.source, self.sink = socket.socketpair()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self) -> "Recorder":
        self.thread.start()
        return self

    def install(self) -> None:
        install(self.sink)

    def __exit__(self, *_) -> None:
        self.sink.close()
        self.thread.join()
        self.source.close()

    def serve(self) -> None:
        _, numbers, _, _ = socket.recv_fds(self.source, 1, 1)
        if numbers:
            listen(numbers[0], self.source, self.seen)
            os.close(numbers[0])
            self.record = Record(list(self.programs.values()), list(self.told), not self.full)

    def seen(self, notice: Notice) -> int:
        """Records one call. Returns the error that it is to end with, or 0."""
        with suppress(Exception):  # whatever a submission gives as arguments, the next call is answered
            try:
                memory = os.open(f"/proc/{notice.process}/mem", os.O_RDONLY | os.O_CLOEXEC)
            except PermissionError:  # it made itself unreadable
                self.full = True
                raise
            try:
                return self.read(notice, memory)
            finally:
                os.close(memory)
        return 0

    def read(self, notice: Notice, memory: int) -> int:
        process, call, arguments = notice
        if call == MACHINE.chdir:
            return self.changed_folder(process, text_at(memory, arguments[0]))
        if call == MACHINE.execve:
            return self.started(process, memory, text_at(memory, arguments[0]), *arguments[1:3])
        path = text_at(memory, arguments[1])
        if not path.startswith("/") and arguments[0] & 2**32 - 1 != THIS_FOLDER:
            path = os.path.join(os.readlink(f"/proc/{process}/fd/{arguments[0] & 2**32 - 1}"), path).rstrip("/")
        return self.started(process, memory, path, *arguments[2:4], is_searched=False)

    def started(
        self, process: int, memory: int, path: str, words: int, variables: int, is_searched: bool = True
    ) -> int:
        """`is_searched`: the path may be one of a row that PATH gives."""
        if path == TELL:
            self.tell(*texts_at(memory, words, 4, LENGTH))
            return errno.ENOENT
        real = followed(process, path)
        if not real and is_searched:
            return 0  # one of the folders of PATH that do not have it
        arguments, caller = list(texts_at(memory, words, WORDS, LENGTH)), self.caller(process)
        if caller or arguments == self.command:
            self.begin(process, path, arguments)
        if os.path.basename(path).startswith("python"):
            self.new_variables(memory, variables, caller)
        if caller and not caller.of_system:
            self.add(os.path.basename(path), os.path.basename(real or path), arguments, caller)
        return 0

    def begin(self, process: int, path: str, arguments: list[str]) -> None:
        """Keeps what the process runs from now on, and forgets processes that are gone before there are too many."""
        if len(self.images) > MOST:
            self.images = {each: image for each, image in self.images.items() if os.path.exists(f"/proc/{each}")}
        path = os.path.normpath(path)
        of_system = path.startswith(SYSTEM_FOLDERS) and is_system_script(path)
        self.images[process] = Image(printable(" ".join(arguments)[:LENGTH]), of_system)
        self.first = self.first or self.images[process]

    def new_variables(self, memory: int, address: int, caller: Image | None) -> None:
        """What its environment holds and the grader did not give it."""
        for text in texts_at(memory, address, MOST, LENGTH) if caller else ():
            if (name := text.partition("=")[0]) not in GIVEN:
                self.tell("variable", name, "", "0")

    def changed_folder(self, process: int, folder: str) -> int:
        """`cd` is no program: a shell does it itself."""
        caller = self.caller(process)
        if caller and not caller.of_system and os.path.basename(os.readlink(f"/proc/{process}/exe")) in SHELLS:
            self.add("cd", "cd", ["cd", folder[:LENGTH]], caller)
        return 0

    def caller(self, process: int) -> Image | None:
        """What the process runs, or the nearest one above that has started something; where those are gone,
        the command. None before the command's start."""
        while process > 1 and process not in self.images:
            process = parent(process)
        return self.images.get(process, self.first)

    def add(self, name: str, real: str, arguments: list[str], caller: Image) -> None:
        if name in MANY_IN_ONE and arguments[1:]:
            name = arguments[1]
        if (name, real) in self.programs:
            self.programs[name, real].count += 1
        elif len(self.programs) < MOST:
            self.programs[name, real] = Program(
                printable(name[:LENGTH]), printable(real[:LENGTH]), [printable(word) for word in arguments], caller.said
            )
        else:
            self.full = True

    def tell(self, kind: str, what: str, file: str, line: str) -> None:
        file = os.path.normpath(file).removeprefix(f"{NAMES['submission']}/") if file else ""
        told = Told(printable(kind), printable(what), printable(file), int(line[:9]))
        if len(self.told) < MOST:
            self.told[told] = None
        elif told not in self.told:
            self.full = True
