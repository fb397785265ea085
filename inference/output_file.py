"""Where an output may be written, and how it gets there whole or not at all."""

import contextlib
import os
from collections.abc import Iterator

from inference.command import shown


class OutputError(Exception):
    """A place where the output cannot be written, in one line."""


def resolve_output(path: str, kind: str) -> str:
    """The file behind `path`, links followed. Raises OutputError where no file can be written.

    `kind` is what the message asks for: "CSV file".
    """
    file = os.path.realpath(path)
    folder = os.path.dirname(file)
    if path.endswith("/") or os.path.isdir(file):
        problem = f"is a folder: give the path of a {kind}"
    elif os.path.exists(path) and not os.path.isfile(path):
        problem = f"is not a regular file: give the path of a {kind}"
    elif not os.path.isdir(folder):
        problem = "its folder does not exist: make it first"
    elif not os.access(folder, os.W_OK | os.X_OK):
        problem = "its folder is read-only: choose another place"
    else:
        return file
    raise OutputError(f"{shown(path)}: {problem}")


def resolve_folder(path: str, images: str) -> str:
    """The folder to write into, links followed. Raises OutputError where nothing can be written to it,
    or where it is the folder that the images are read from."""
    folder = os.path.realpath(path)
    if not path or not os.path.exists(folder):
        problem = "does not exist: make it first"
    elif not os.path.isdir(folder):
        problem = "is not a folder: give a folder to write into"
    elif os.path.samefile(folder, images):
        problem = "holds the images themselves: choose another folder"
    elif not os.access(folder, os.W_OK | os.X_OK):
        problem = "is read-only: choose another folder"
    else:
        return folder
    raise OutputError(f"{shown(path)}: {problem}")


def temporary_beside(file: str) -> str:
    """A name of its own on the same disk, hidden, and short even where the file's is long."""
    return os.path.join(os.path.dirname(file), f".{os.urandom(8).hex()}")


@contextlib.contextmanager
def replacing(file: str, temporary: str) -> Iterator[None]:
    """What the block writes to `temporary` is renamed to `file` in one step when the block is left.

    Raises OutputError, and leaves no `temporary` behind, whatever fails.
    """
    try:
        yield
        os.replace(temporary, file)
    except OSError as error:
        raise OutputError(f"{shown(file)}: {error.strerror}: free some space or choose another place") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
