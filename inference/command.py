"""What the commands behind the hw3_p*.sh scripts and `python3 -m inference` share: start, end and messages."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec


class UsageError(Exception):
    """Arguments that make no sense, in one line."""


def begin() -> None:
    """To be called before the first large import: SIGTERM and Ctrl-C end those without a traceback,
    and packages that are missing end the process with one line and exit code 2."""
    stop_on_signals()
    if missing := [package for package in ("numpy", "PIL", "torch") if not find_spec(package)]:
        print(f"{sys.executable}: {', '.join(missing)} not installed: pip install -r requirements.txt", file=sys.stderr)
        sys.exit(2)


def wait_passively() -> None:
    """To be called before torch is imported: its threads sleep while they wait for each other.

    Spinning gains 1% on idle cores, and on busy ones took 51 s for 8.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def stop_on_signals(temporary: str = "", outcome: str = "nothing was written") -> None:
    """SIGTERM and SIGINT end the process at once with one line, and take the temporary file along, if there is one.

    No exception is raised for it: one could be lost wherever C code calls back into Python.
    """

    def stop(number, frame):
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        os.write(2, f"stopped by {signal.Signals(number).name}: {outcome}\n".encode())
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def exit_code(run: Callable[[list[str]], None], arguments: list[str], exit_codes: dict[type[Exception], int]) -> int:
    """Runs the command: 0, or the exception's code in `exit_codes`, else 1, and then one line on stderr."""
    try:
        run(arguments)
    except Exception as error:
        known = type(error) in exit_codes
        print(error if known else f"unexpected {type(error).__name__}: {error}".replace("\n", " "), file=sys.stderr)
        return exit_codes.get(type(error), 1)
    return 0


def shown(path: str | os.PathLike) -> str:
    """The path for a message: quoted and escaped where it would break the line or the terminal."""
    path = os.fspath(path)
    return path if path and path.isprintable() else repr(path)
