"""What the whole suite needs of its processes."""

import gc
import os
import signal

# A shell that starts the suite in the background has SIGINT ignored, and children would inherit that: the tests
# that interrupt a script could never end it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config) -> int:
    """One more than there are cores: meanwhile others wait for time limits and for servers that say nothing."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_finish() -> None:
    """What was imported stays to the end: Python's collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
