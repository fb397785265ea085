"""The run with network: what it may bring, and what it may reach."""

import hashlib
import http.server
import os
import pickle
import threading
from pathlib import Path

import pytest

from grading.outcomes import Outcome
from tests.grading.hostile import THROUGH
from tests.grading.test_isolation import Listener

HONEST = Path(__file__).parent / "submissions" / "honest" / "predict.py"
FETCH = 'wget -q -O "{name}" http://{address}/{path}\n'


class Executes:
    def __reduce__(self):
        return exec, ("print('a pickle that runs')",)


FILES = {
    "weights": b"\x93\x00weights\xff" * 10,
    "predict.py": HONEST.read_bytes(),
    "code.txt": HONEST.read_bytes(),
    "pickle": pickle.dumps(Executes()),
    "good": pickle.dumps({"layer": [1.0, 2.0]}),
    "page": b"<!DOCTYPE html><p>Sign in",
    "words.json": b'["zero", "one"]',
}


@pytest.fixture
def address():
    """Of a server on this machine: files by name, and /to/PORT, which sends one on to another port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, _, port = self.path[1:].partition("/")
            self.send_response(302 if port else 200)
            if port:
                self.send_header("Location", f"http://127.0.0.1:{port}/")
            self.end_headers()
            self.wfile.write(FILES.get(kind, b""))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


@pytest.fixture
def fetching(submission, address):
    """A submission whose script fetches `files` (name -> path) if `there` is missing, then does `then`."""

    def make(
        files: dict[str, str], then: str = 'python3 predict.py "$@"\n', pins: bool = False, without: tuple = ()
    ) -> Path:
        folder = submission("honest")
        lines = "".join(FETCH.format(name=name, path=path, address=address) for name, path in files.items())
        (folder / "hw3_p3.sh").write_text(
            f'if [ -e "{[*files][-1]}" ] && [ -z "$http_proxy" ]; then\n:\nelse\n{lines}fi\n{then}'
        )
        if pins:
            (folder / "checkpoints.txt").write_text(
                "".join(f"{hashlib.sha256(FILES[path]).hexdigest()}  {name}\n" for name, path in files.items())
            )
        for name in without:
            (folder / name).unlink()
        return folder

    return make


def notes(results) -> str:
    return "; ".join(map(str, results.by_text["weights"].notes))


def test_weights_are_used(fetching, graded, address):
    results = graded(
        fetching({"model.pth": "weights"}, 'grep -q weights model.pth && python3 predict.py "$@"\n', pins=True),
        reachable=[address],
    )
    assert results.score == 10 and notes(results) == "model.pth: fetched weights"


def test_weights_without_a_pin_are_used_and_named(fetching, graded, address):
    results = graded(fetching({"model.pkl": "good", "words.json": "words.json"}), reachable=[address])
    assert results.score == 10
    assert "model.pkl: fetched weights, not pinned" in notes(results) and "words.json: fetched data" in notes(results)


@pytest.mark.parametrize(
    "name, path, without, why",
    [
        ("predict.py", "predict.py", ["predict.py"], "its name is a program's"),
        ("weights.pth", "code.txt", [], "text, where weights would be bytes"),
        ("words.txt", "code.txt", [], "Python that calls something"),
        ("model.pth", "pickle", [], "a pickle that calls builtins.exec"),
        ("model.pth", "page", [], "a web page"),
    ],
)
@pytest.mark.parametrize("pins", [False, True])
def test_code_that_was_not_handed_in_earns_nothing(fetching, graded, address, tmp_path, name, path, without, why, pins):
    """Also where it is pinned: nobody has read it."""
    then = f'if [ -z "$http_proxy" ]; then python3 {name} "$@"; fi\n'
    results = graded(fetching({name: path}, then, pins, without), reachable=[address])
    assert results.score == 0 and f"{name}: fetched code that was not handed in ({why}" in notes(results)
    assert (tmp_path / "report" / "raw" / "fetched" / name).read_bytes() == FILES[path]


def test_pinned_program_is_not_replaced(fetching, graded, address):
    """The one that was handed in is graded: it is broken."""
    folder = fetching({"predict.py": "predict.py"}, pins=True)
    (folder / "predict.py").write_text("import sys\nsys.exit('as handed in')\n")
    results = graded(folder, reachable=[address])
    assert results.score == 0 and "predict.py: fetched code" in notes(results)


def test_code_that_somebody_has_read(fetching, graded, address):
    folder = fetching({"predict.py": "predict.py"}, without=["predict.py"])
    results = graded(folder, reachable=[address], fetched_code=True)
    assert results.score == 10 and "accepted" in notes(results)


def test_a_link_in_the_copy_leads_nowhere(fetching, graded, address, tmp_path):
    """A folder that the run with network replaced by a link: what was handed in is not copied through it."""
    (tmp_path / "host").mkdir(mode=0o777)
    then = f'if [ -n "$http_proxy" ]; then mv -T src gone; ln -s "{tmp_path}/host" src; fi\npython3 predict.py "$@"\n'
    folder = fetching({"model.pth": "weights"}, then)
    (folder / "src").mkdir()
    (folder / "src" / "authorized_keys").write_text("handed in")
    graded(folder, reachable=[address])
    assert not os.listdir(tmp_path / "host")


REACHES = """python3 - "$@" <<'END'
import os, socket, urllib.request
host, port, other = "127.0.0.1", {port}, "{address}"
names = (host, "localhost", "127.1", "0.0.0.0", "0", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "{own}")
for name in names:
    for url in (f"http://{{name}}:{{port}}/", f"https://{{name}}:{{port}}/"):
        try: urllib.request.urlopen(url, timeout=3); print("{through}:", url)
        except OSError as error: pass
try: urllib.request.urlopen(f"http://{{other}}/to/{{port}}", timeout=3); print("{through}: sent on")
except OSError: pass
for place in ("169.254.169.254", "169.254.169.254.", "100.100.100.200", "168.63.129.16", "10.0.0.1",
              "[fd00:ec2::254]", "metadata.google.internal"):
    try: print("{through}:", urllib.request.urlopen(f"http://{{place}}:80/", timeout=3).status)
    except OSError as error: print(place, error)
for words in (b"GET / HTTP/1.1", b"CONNECT 127.0.0.1:%d HTTP/1.1" % port, b"GET http://%s HTTP/1.1" % (b"a" * 70000),
              b"GET file:///etc/passwd HTTP/1.1", b"CONNECT [::1]:%d HTTP/1.1" % port, b"\\0" * 100,
              b"GET gopher://127.0.0.1:%d/ HTTP/1.1" % port, b"CONNECT 127.0.0.1:99999 HTTP/1.1"):
    with socket.create_connection(("127.0.0.1", 3128), 5) as end:
        end.sendall(words + b"\\r\\n\\r\\n")
        print(end.recv(100).split(b"\\r\\n")[0])
for family in (socket.AF_INET, socket.AF_INET6):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        place = (host if family == socket.AF_INET else "::1", port)
        try: socket.socket(family, kind).connect(place); ok = kind == socket.SOCK_STREAM
        except OSError: ok = False
        if ok: print("{through}: without the proxy")
print("fetched:", urllib.request.urlopen(f"http://{{other}}/weights", timeout=5).read()[:2])
END
wget -q -O model.pth http://{address}/weights
python3 predict.py "$@"
"""


def test_services_of_this_machine_are_out_of_reach(submission, graded, address, tmp_path):
    """By no name, by no way round; and what the scheme allows is in reach."""
    listener, folder = Listener(), submission("honest")
    own = os.popen("hostname -I 2>/dev/null").read().split()
    (folder / "hw3_p3.sh").write_text(
        REACHES.format(port=listener.port, address=address, through=THROUGH, own=own[0] if own else "localhost")
    )
    results = graded(folder, reachable=[address])
    said = (tmp_path / "report" / "raw" / "p3 svhn fetch" / "stdout.txt").read_text()
    listener.socket.close()
    assert listener.connections == 0 and THROUGH not in said, said
    assert "fetched: b'\\x93\\x00'" in said and said.count("HTTP/1.1 502") == 8, said
    assert results.findings and results.by_text["p3 svhn: run"].outcome is not Outcome.GRADER_ERROR


def test_scheme_that_allows_nothing(fetching, graded, address):
    results = graded(
        fetching({"model.pth": "weights"}, 'grep -q weights model.pth && python3 predict.py "$@"\n', pins=True)
    )
    assert results.score == 0


def test_environment_of_the_grader_is_not_sent_away(fetching, graded, address, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "secret value")
    then = "cat /proc/*/environ /proc/*/cmdline | tr '\\\\0' '\\\\n'\n"
    graded(fetching({"model.pth": "weights"}, then), reachable=[address])
    said = (tmp_path / "report" / "raw" / "p3 svhn fetch" / "stdout.txt").read_text()
    assert "http_proxy" in said and "secret value" not in said and str(tmp_path) not in said
