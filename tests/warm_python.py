"""A python3 that has imported PyTorch already: importing it takes seconds, and most tests are about what comes after.

`bash hw3_p3.sh …` finds it on its PATH and calls it as it calls any python3. It hands its arguments,
environment, folder and standard streams to a server, which forks: every call has a process of its own,
with none of the project's modules loaded. Limits and rights of the caller stay behind, so calls that
are about these, about signals or about the import itself take the real python3.
"""

import functools
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

LARGEST_REQUEST = 2**20
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(request) + 4096)
    socket.send_fds(server, [request], [0, 1, 2])
    sys.exit(int(server.recv(16)))
"""


@functools.cache
def folder() -> Path:
    """Holds the `python3` to be put on a PATH; its server ends with this process."""
    place = Path(tempfile.mkdtemp(prefix="warm-python-"))
    client = place / "python3"
    client.write_text(CLIENT.format(python=sys.executable, address=str(place / "socket")))
    client.chmod(0o755)
    command = [sys.executable, "-B", __file__, str(place / "socket")]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=one_thread)
    assert server.stdout.readline() == b"ready\n"
    folder.server = server  # its stdin is to stay open
    return place


def serve(address: str) -> None:
    """Until stdin ends, which it does with the process that started this one."""
    import PIL.Image
    import torch.nn

    assert PIL.Image and torch.nn
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(address)
        listening.listen(16)
        print("ready", flush=True)
        while listening in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            if os.fork() == 0:
                answer(connection)
            connection.close()
            reap()


def reap() -> None:
    with_ended = True
    while with_ended:
        try:
            with_ended = os.waitpid(-1, os.WNOHANG)[0] != 0
        except ChildProcessError:
            return


def answer(connection: socket.socket) -> None:
    """In a process of its own, which waits for the one that runs."""
    request, streams, _, _ = socket.recv_fds(connection, LARGEST_REQUEST, 3)
    if (child := os.fork()) == 0:
        os._exit(run(*json.loads(request), streams))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.send(str(code % 256).encode())
    os._exit(0)


def run(arguments: list[str], place: str, environment: dict[str, str], streams: list[int]) -> int:
    """What `python3 -B FILE …` or `python3 -B -m MODULE …` does, and its exit code."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    flag, *arguments = arguments
    assert flag == "-B"
    try:
        start(arguments)
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def start(arguments: list[str]) -> None:
    if arguments[0] == "-m":
        sys.argv, sys.path[0] = arguments[1:], os.getcwd()
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = arguments, os.path.dirname(os.path.realpath(arguments[0]))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
