"""A shell that starts the suite in the background has SIGINT ignored, and children would inherit
that: the tests that interrupt a script could never end it."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
