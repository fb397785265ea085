"""Errors that a user can mend, and the one exit that they leave through."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from inference.image_folder import FolderError, UnreadableImage
from inference.pinned_files import WeightsError


class UserError(Exception):
    """Something that the user can mend; the message is one line and says what, where and how."""


class DataError(UserError):
    """The data folder is not as the course describes it."""


class RunError(UserError):
    """The run folder does not allow what was asked."""


class ReleaseError(UserError):
    """A run that cannot be released."""


class TrainingCollapsed(UserError):
    """The run is stopped, since going on would be a waste."""


MENDABLE = (UserError, FolderError, UnreadableImage, WeightsError, OSError)


@contextmanager
def exit_in_one_line(command: str, interrupted: str = "interrupted") -> Iterator[None]:
    """Inside, what the user can mend ends the process with one line on stderr and exit code 2, Ctrl-C with 130 and
    the words of `interrupted`."""
    try:
        yield
    except MENDABLE as error:
        print(f"{command}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print(f"{command}: {interrupted}", file=sys.stderr)
        raise SystemExit(130) from None
