"""Reading in a child process: its answer, its error, and what happens where it takes too much."""

import ctypes
import itertools

import pytest

from grading.bounded import Exhausted, bounded


def test_answer_and_error():
    assert bounded(lambda: {"a": [1, 2]}) == {"a": [1, 2]}
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 / 0)


@pytest.mark.parametrize("read, says", [
    (lambda: bytes(3 << 30), "takes too much"), (lambda: ctypes.string_at(0), "ended the reader"),
    (lambda: all(True for _ in itertools.count()), "more than 0.5 seconds"),
])
def test_too_much(read, says):
    with pytest.raises(Exhausted, match=says):
        bounded(read, seconds=0.5)
