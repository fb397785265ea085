"""Writes the predictions as a CSV, whole or not at all."""

import contextlib
import csv
import os
from collections.abc import Iterable

from inference.image_folder import shown


class OutputError(Exception):
    """A place where no CSV can be written, in one line."""


def resolve_output(path: str) -> str:
    """The file behind `path`, links followed. Raises OutputError where no file can be written."""
    file = os.path.realpath(path)
    folder = os.path.dirname(file)
    if path.endswith("/") or os.path.isdir(file):
        problem = "is a folder: give the path of a CSV file"
    elif os.path.exists(path) and not os.path.isfile(path):
        problem = "is not a regular file: give the path of a CSV file"
    elif not os.path.isdir(folder):
        problem = "its folder does not exist: make it first"
    elif not os.access(folder, os.W_OK | os.X_OK):
        problem = "its folder is read-only: choose another place"
    else:
        return file
    raise OutputError(f"{shown(path)}: {problem}")


def temporary_beside(file: str) -> str:
    """A name of its own on the same disk, hidden, and short even where the file's is long."""
    return os.path.join(os.path.dirname(file), f".{os.urandom(8).hex()}")


def write_csv(file: str, temporary: str, rows: Iterable[tuple[str, int]]) -> None:
    """Writes to `temporary`, which is then renamed to `file` in one step. Raises OutputError.

    Names that are not UTF-8 come out as the bytes that they are on disk.
    """
    try:
        with open(temporary, "x", encoding="utf-8", errors="surrogateescape", newline="") as output:
            writer = csv.writer(output, lineterminator="\n")
            writer.writerow(["image_name", "label"])
            writer.writerows(rows)
        os.replace(temporary, file)
    except OSError as error:
        raise OutputError(f"{shown(file)}: {error.strerror}: free some space or choose another place") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
