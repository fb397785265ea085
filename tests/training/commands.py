"""Commands as a user types them, `python3 -m NAME …`, run in this process: importing PyTorch takes seconds."""

import contextlib
import io
import runpy
import subprocess
import sys
import warnings
from unittest.mock import patch


def command(name: str, *arguments) -> subprocess.CompletedProcess:
    """What `python3 -m name arguments` would end with: exit code, stdout, stderr. A traceback is raised here."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = [name, *map(str, arguments)]
    with (
        warnings.catch_warnings(),
        patch.object(sys, "argv", argv),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)  # of runpy: a module that a test imported runs a second time
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            code = end.code or 0
    return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())
