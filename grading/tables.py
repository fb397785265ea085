"""What the tables of a grading scheme are made of: a key that is not known, or a value out of range, is an error."""

from typing import Annotated

import msgspec
from msgspec import Meta

MIB = 2**20

Share = Annotated[float, Meta(ge=0, le=1)]
Percent = Annotated[float, Meta(ge=0, le=100)]
NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
NotNegativeInt = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1)]
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]  # becomes part of a file's name


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: a key that it does not know is an error, not a setting without effect."""


class Network(Table):
    """What the run that fetches weights reaches besides public addresses."""

    reachable: tuple[str, ...] = ()  # host:port each, as the scripts name it: a course's own server, say
    # Servers that exist. Where none of them is found, this machine has no network, and a link that fails is no
    # student's fault. These three are where nearly all weights lie.
    known: tuple[str, ...] = ("www.dropbox.com", "docs.google.com", "github.com")


PUBLIC = Network()


class Limits(Table):
    """Of one run of one script, but the three that begin with submission_ and model_, which are the submission's."""

    wall_seconds: Positive
    memory_mib: Count
    processes: Count  # threads count as such
    file_mib: Count  # one file
    answer_mib: Count  # the CSV or picture that it is asked for
    output_mib: Count  # all files that it writes, and what it prints
    submission_mib: Count  # unpacked
    submission_files: Count
    model_mib: Count  # one file of the submission
    gpu: bool = True  # a GPU that this machine has is let in
    cpu_threads: NotNegativeInt = 0  # for each of PyTorch's and NumPy's thread pools; 0: as many as there are cores
