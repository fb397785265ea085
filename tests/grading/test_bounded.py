"""Reading in a child process: its answer, its error, and what happens where it takes too much."""

import io
import itertools
import os

import pytest
from tblib import pickling_support

from grading.bounded import Answer, Exhausted, bounded
from grading.submission import SubmissionError


def test_answer_and_error():
    assert bounded(lambda: {"a": [1, 2]}) == {"a": [1, 2]}
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 / 0)


def test_error_of_its_own_kind_where_dask_pickles_errors_otherwise():
    pickling_support.install()

    def read():
        raise SubmissionError("a link that leaves")

    with pytest.raises(SubmissionError, match="a link that leaves"):
        bounded(read)


def test_answer_of_what_a_module_of_the_project_imports():
    """A pickle may name it as the module's: `subprocess.Popen` would start a program."""
    named = b"".join(b"\x8c" + bytes([len(word)]) + word for word in (b"grading.copies", b"subprocess.Popen"))
    with pytest.raises(Exhausted, match="not asked for"):
        Answer(io.BytesIO(b"\x80\x04" + named + b"\x93.")).load()


@pytest.mark.parametrize(
    "read, says", [(lambda: bytes(3 << 30), "takes too much"), (lambda: os._exit(1), "ended the reader")]
)
def test_too_much(read, says):
    with pytest.raises(Exhausted, match=says):
        bounded(read)


def test_too_long():
    with pytest.raises(Exhausted, match="more than 0.5 seconds"):
        bounded(lambda: all(True for _ in itertools.count()), seconds=0.5)
