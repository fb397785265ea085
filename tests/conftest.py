"""A shell that starts the suite in the background has SIGINT ignored, and children would inherit
that: the tests that interrupt a script could never end it.

The grader's tests run where its packages and bubblewrap are installed."""

import shutil
import signal
from importlib.util import find_spec

signal.signal(signal.SIGINT, signal.default_int_handler)

if not (shutil.which("bwrap") and find_spec("tree_sitter_bash")):
    collect_ignore = ["grading"]
