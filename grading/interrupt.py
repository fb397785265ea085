"""Ctrl-C that is not lost.

Around a fork Python calls hooks of its own library, and an exception in them is printed and dropped: a
KeyboardInterrupt in the moment in which a run is started would be gone. So it is noted, and raised afterwards: while
the run is waited for, or after the check.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class CtrlC:
    """The handler of SIGINT."""

    def __init__(self):
        self.noted, self.forking = False, False

    def __call__(self, *_) -> None:
        self.noted = True
        if not self.forking:
            raise KeyboardInterrupt

    def heed(self) -> None:
        """To be called once, in the main thread. A shell that starts a command in the background has SIGINT ignored:
        so it stays."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Around a fork."""
        self.forking = True
        try:
            yield
        finally:
            self.forking = False

    def raise_noted(self) -> None:
        if self.noted:
            raise KeyboardInterrupt


CTRL_C = CtrlC()
