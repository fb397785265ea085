"""What a submission can reach: nothing that it is not given. All through real bubblewrap."""

import hashlib
import http.server
import os
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from grading.outcomes import Outcome

HERE = Path(__file__).parent


@pytest.fixture
def scripted(submission):
    """The honest submission with another hw3_p3.sh."""

    def make(script: str) -> Path:
        folder = submission("honest")
        (folder / "hw3_p3.sh").write_text(script)
        return folder

    return make


def said(report: Path) -> str:
    folder = report / "raw" / "p3 svhn first"
    return (folder / "stdout.txt").read_text() + (folder / "stderr.txt").read_text()


def snapshot(*folders: Path) -> dict[str, tuple]:
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            entry = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (entry.st_mode, entry.st_uid, entry.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found


def test_no_label_is_readable(scripted, graded, data, tmp_path):
    """Looks through every file outside the interpreter and the system for a row of the labels."""
    row = (data / "digits" / "svhn" / "test.csv").read_text().splitlines()[1]
    skipped = " ".join(f"--exclude-dir={name}" for name in ("proc", "usr", "lib", "lib64", "bin", "include"))
    graded(scripted(f"grep -rlsF {skipped} '{row}' /\nls -R \"$1\"/..\npython3 -c ''\n"))
    seen = said(tmp_path / "report").splitlines()
    assert "00019.png" in seen  # it did look
    assert [line for line in seen if line.startswith("/sub")] == ["/submission/hw3_p3.sh"]
    assert not [line for line in seen if str(data) in line or line in ("test.csv", "svhn")]


def test_no_other_submission_no_grader_no_report(scripted, graded, tmp_path):
    (tmp_path / "another student").mkdir()
    graded(
        scripted(
            f"ls -a '{tmp_path}' '{HERE.parent.parent}' /root /home /mnt /var; find / -name results.json; python3 -c ''"
        )
    )
    seen = said(tmp_path / "report").splitlines()
    assert not {"another student", "grading", "README.md"} & set(seen) and not [
        line for line in seen if "results.json" in line
    ]


def test_neither_host_processes_nor_environment(submission, graded, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "secret value")
    graded(submission("reads_environment"))
    seen = said(tmp_path / "report")
    assert "secret value" not in seen and "pytest" not in seen


class Listener(threading.Thread):
    """Accepts connections on the loopback and counts them."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket, self.connections = socket.create_server(("127.0.0.1", 0)), 0
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.connections += 1


def test_graded_runs_have_no_network(scripted, graded, tmp_path):
    listener = Listener()
    call = f"import socket; socket.create_connection(('127.0.0.1', {listener.port}), 2)"
    results = graded(scripted(f'python3 -c "{call}"\n'))
    listener.socket.close()
    assert results.by_text["p3 svhn: run"].outcome is Outcome.CRASHED and listener.connections == 0


def test_nothing_outside_has_changed(submission, graded, data, tmp_path):
    """Neither data nor the submission as handed in, whatever one tries."""
    for name in ("writes_elsewhere", "removes_its_files", "forged_results", "kills_everything"):
        folder = submission(name)
        before = snapshot(data, folder, HERE / "submissions" / "honest")
        graded(folder, out=f"report of {name}")
        assert snapshot(data, folder, HERE / "submissions" / "honest") == before


def running_from(folder: Path) -> list[str]:
    """Processes, in whatever namespace, that have something of the folder mounted."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now
            found += [(process / "cmdline").read_text()] if folder.name in (process / "mountinfo").read_text() else []
    return found


@pytest.mark.parametrize("name", ["daemon_left_behind", "fork_bomb_bash", "memory_hog_in_pieces"])
def test_no_process_is_left(submission, graded, tmp_path, monkeypatch, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    graded(submission(name))
    assert not running_from(tmp_path)
    assert not [child for child in psutil.Process().children(recursive=True) if child.name() == "bwrap"]


def test_second_run_starts_from_what_was_handed_in(submission, graded, tmp_path):
    results = graded(submission("remembers_answers"))
    assert results.by_text["p3 svhn: same answers"].passed


WEIGHTS = bytes(range(256))
FETCHES = """
if ! [ -e "${0%/*}/model.pth" ]; then
    wget -q -O "${0%/*}/model.pth" http://127.0.0.1:PORT/model.pth || exit 3
    ls "$1" >&2
    exit 0
fi
python3 "${0%/*}/predict.py" "$@"
"""


@pytest.fixture
def server():
    """Serves the weights and keeps what was asked of it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(WEIGHTS)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        serving.asked = []
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def address(server) -> str:
    return f"127.0.0.1:{server.server_address[1]}"


def fetching(scripted, server, digest: str) -> Path:
    folder = scripted(FETCHES.replace("PORT", str(server.server_address[1])))
    (folder / "checkpoints.txt").write_text(f"{digest}  model.pth\n")
    return folder


def test_weights_are_fetched_in_a_run_that_sees_decoys_only(scripted, graded, server, data, tmp_path):
    results = graded(fetching(scripted, server, hashlib.sha256(WEIGHTS).hexdigest()), reachable=[address(server)])
    assert results.score == 10 and server.asked == ["/model.pth"]
    seen = (tmp_path / "report" / "raw" / "p3 svhn fetch" / "stderr.txt").read_text().split()
    assert len(seen) == 16 != len(os.listdir(data / "digits" / "svhn" / "test"))


def test_wrong_weights_from_the_network(scripted, graded, server):
    results = graded(fetching(scripted, server, "0" * 64), reachable=[address(server)])
    assert results.score == 7 and "instead of 0000" in str(results.by_text["weights"].messages[0])


def test_code_that_is_fetched_does_not_replace_what_was_handed_in(scripted, graded, server):
    """Otherwise a script that nobody read would be graded."""
    script = FETCHES.replace("PORT", str(server.server_address[1])).replace(
        "exit 0", 'echo "echo replaced" > "$0"; exit 0'
    )
    folder = scripted(script)
    (folder / "checkpoints.txt").write_text(f"{hashlib.sha256(WEIGHTS).hexdigest()}  model.pth\n")
    results = graded(folder, reachable=[address(server)])
    assert results.by_text["p3 svhn: same answers"].passed
    assert "hw3_p3.sh: changed or removed" in str(results.by_text["p3: own files"].messages[0])


def test_weights_that_are_there_need_no_network(submission, graded, tmp_path):
    graded(submission("honest_checkpoints"))
    assert not list((tmp_path / "report" / "raw").glob("*fetch"))
