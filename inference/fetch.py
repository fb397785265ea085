"""weights/FILE for `python3 -m inference`: by the same fetch_weights.sh that the hw3_p*.sh scripts source."""

import os
import signal
import subprocess
import sys

from inference.command import stop_on_signals
from inference.pinned_files import ROOT, wanted

FETCH = 'here=$1; source "$here/inference/fetch_weights.sh"; fetch_weights "$2"'


def fetch(file: str) -> None:
    """Returns when weights/FILE is right. Raises WeightsError; once bash has been started, which says
    itself what is wrong or that it was stopped, ends the process with bash's exit code instead."""
    if not wanted(file):
        return
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    code = run_passing_signals_on(["bash", "-c", FETCH, "bash", ROOT, file], {**os.environ, "PATH": path})
    stop_on_signals()
    if code < 0:  # so early that bash had set no trap yet
        print(f"stopped by {signal.Signals(-code).name}: nothing was written", file=sys.stderr)
    if code:
        sys.exit(code if code > 0 else 128 - code)


def run_passing_signals_on(command: list[str], environment: dict[str, str]) -> int:
    """The command's exit code. It gets the first SIGTERM or SIGINT, and is waited for all the same."""
    received, process = [], None

    def pass_on(number, frame):
        received.append(number)
        if process:
            process.send_signal(received[0])

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    # In a session of its own, so that Ctrl-C reaches it once, through this process, as SIGTERM does.
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    if received:  # while it was being started
        process.send_signal(received[0])
    return process.wait()
