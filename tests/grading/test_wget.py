"""Whatever way a script calls wget, its graded runs without network get the bytes that its run with network got."""

import hashlib
import http.server
import socket
import subprocess
import threading
from pathlib import Path

import msgspec
import pytest

from grading.certificates import certificate
from grading.downloads import Download, Downloads, Kept, why_code
from grading.grade import Order, grade
from grading.http_messages import Request
from grading.names import RunName
from grading.printed import end_of

WEIGHTS = bytes(range(256)) * 4096
BEGIN = 'python3 - <<END\nimport hashlib; print(hashlib.sha256(open("'
END = f'", "rb").read()).hexdigest() == "{hashlib.sha256(WEIGHTS).hexdigest()}")\nEND\n'
STEPS = "downloads", "weights", "run"
LOAD = """'import pickle; pickle.load(open("model.pth", "rb"))'"""
PREDICT = 'python3 predict.py "$@"\n'


class Handler(http.server.BaseHTTPRequestHandler):
    """A file under many names, a redirect, what asks for a cookie and its token first, and what is not there."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/dead"):
            return self.send_error(404)
        if self.path.startswith("/moved"):
            return self.begin(302, Location="/model.pth")
        if self.path == "/drive?id=1":
            self.begin(200, **{"Set-Cookie": "warning=yes", "Content-Type": "text/html"})
            return self.wfile.write(b'<html><a href="/drive?confirm=tOk3n&id=1">')
        if self.path.startswith("/drive") and self.headers["Cookie"] != "warning=yes":
            return self.send_error(403)
        if self.path in self.server.broken:
            return self.broken_once()
        more = {"Content-Disposition": 'attachment; filename="named.pth"'} if "named" in self.path else {}
        content = WEIGHTS[1:] if "other" in self.path else WEIGHTS
        self.begin(200, **{"Content-Length": str(len(content)), **more})
        self.wfile.write(content)
        if self.path.startswith("/held"):
            self.wfile.flush()
            self.server.is_over.wait(60)

    def broken_once(self):
        """Ends in the middle; the rest is given to one that asks for it, or all to one whose server has no parts."""
        half, start = len(WEIGHTS) // 2, int((self.headers["Range"] or "0-").strip("bytes=-"))
        if start and "parts" in self.path:
            size = len(WEIGHTS)
            self.begin(
                206, **{"Content-Length": str(size - start), "Content-Range": f"bytes {start}-{size - 1}/{size}"}
            )
            self.wfile.write(WEIGHTS[start:])
        elif start or self.server.asked.count(self.path) > 1:
            self.begin(200, **{"Content-Length": str(len(WEIGHTS))})
            self.wfile.write(WEIGHTS)
        elif "chunks" in self.path:
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % half + WEIGHTS[:half] + b"\r\n"
            )
        else:
            self.begin(200, **{"Content-Length": str(len(WEIGHTS))})
            self.wfile.write(WEIGHTS[:half])

    def begin(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(params=["http"])
def server(request):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        serving.asked, serving.scheme = [], request.param
        serving.broken, serving.is_over = {"/parts", "/whole", "/chunks/parts"}, threading.Event()
        if request.param == "https":
            serving.socket = certificate().wrap_socket(serving.socket, server_side=True)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.is_over.set()
        serving.shutdown()


@pytest.fixture
def graded_script(submission, scheme, data, tmp_path, server, sandbox):
    def run(script: str, known: str = "localhost", pins: str = "# none\n"):
        folder: Path = submission("honest")
        address = f"127.0.0.1:{server.server_address[1]}"
        (folder / "hw3_p3.sh").write_text(script.replace("URL", f"{server.scheme}://{address}") + PREDICT)
        (folder / "checkpoints.txt").write_text(pins)
        network = msgspec.structs.replace(scheme.network, reachable=(address,), known=(known,))
        return grade(Order(folder, data, tmp_path / "report", msgspec.structs.replace(scheme, network=network)))

    return run


def printed(tmp_path, which: str) -> str:
    return (tmp_path / "report" / "raw" / str(RunName("p3", "svhn", which)) / "stdout.txt").read_text()


def text(results, step: str) -> str:
    found = next(each for name, each in results.findings.items() if name.step == step)
    return "; ".join(map(str, found.messages + found.notes))


@pytest.mark.parametrize(
    "command, file",
    [
        ("wget -O model.pth URL/model.pth", "model.pth"),
        ("wget -qO model.pth URL/model.pth?dl=1", "model.pth"),
        ("wget URL/model.pth", "model.pth"),
        ("wget -q URL/model.pth?dl=1", "model.pth?dl=1"),
        ("wget -P . URL/model.pth", "model.pth"),
        ("wget -c URL/model.pth; wget -c URL/model.pth", "model.pth"),
        ("wget -nc URL/model.pth", "model.pth"),
        ("echo URL/model.pth > /tmp/list; wget -i /tmp/list", "model.pth"),
        ("echo URL/model.pth | wget -i -", "model.pth"),
        ("wget --content-disposition URL/named?x=1", "named.pth"),
        ("wget -O model.pth URL/moved", "model.pth"),
        ("wget -O - URL/model.pth > model.pth", "model.pth"),
        ("T=$(mktemp); wget -O $T URL/model.pth; cat $T > model.pth", "model.pth"),
        ("wget -b -o /tmp/log -O model.pth URL/model.pth; sleep 0.5; wait", "model.pth"),
        ("wget -nv -O a URL/a & wget -nv -O model.pth URL/model.pth & wait", "model.pth"),
        (
            "wget --no-check-certificate --load-cookies /tmp/c 'URL/drive?confirm='$("
            "wget -q --save-cookies /tmp/c --keep-session-cookies 'URL/drive?id=1' -O-"
            " | sed -rn 's/.*confirm=([0-9A-Za-z_]+).*/\\1/p')'&id=1' -O model.pth",
            "model.pth",
        ),
        ("$(echo wget) -O model.pth URL/model.pth", "model.pth"),
        (
            "wget -O model.pth URL/parts && wget -O a URL/whole && wget -O b URL/chunks/parts"
            " && wget --spider URL/held && wget -O c URL/held && cmp a b && cmp b c && cmp c model.pth",
            "model.pth",
        ),
        ("python3 -c \"import os; os.system('wg' + 'et -O model.pth URL/model.pth')\"", "model.pth"),
    ],
)
def test_forms(graded_script, tmp_path, command, file):
    results = graded_script(f"{command}\necho code $?\n{BEGIN}{file}{END}")
    for which in ("fetch", "first", "second"):
        assert printed(tmp_path, which).endswith("code 0\nTrue\n"), which
    assert results.score == 10, text(results, "own files")


def test_graded_runs_ask_the_network_for_nothing(graded_script, server):
    graded_script("wget -O model.pth URL/model.pth\n")
    assert server.asked == ["/model.pth"]


@pytest.mark.parametrize("server", ["https"], indirect=True)
def test_https(graded_script, server, tmp_path):
    results = graded_script(f"wget -O model.pth URL/moved\necho code $?\n{BEGIN}model.pth{END}")
    assert printed(tmp_path, "second").endswith("code 0\nTrue\n") and results.score == 10
    assert server.asked == ["/moved", "/model.pth"]


def test_dots_of_wget_do_not_hide_what_a_run_printed(graded_script, tmp_path):
    graded_script("wget -O model.pth URL/model.pth\n")
    shown = end_of(tmp_path / "report" / "raw" / "p3 svhn fetch" / "stderr.txt")
    assert "Saving to" in shown and "K ....." not in shown, shown


def test_dead_link(graded_script, tmp_path):
    """Every run sees wget fail alike, and the URL is named with what the server said."""
    results = graded_script("wget -O model.pth URL/dead/model.pth\necho code $?\n")
    assert {printed(tmp_path, which) for which in ("fetch", "first", "second")} == {"code 8\n"}
    assert "/dead/model.pth: 404 Not Found" in text(results, "downloads"), text(results, "downloads")


@pytest.mark.parametrize(
    "commands, ended, points",
    [
        ("wget -qO model.pth URL/dead || wget -qO model.pth URL/model.pth", "passed", 10),
        ("[ -e model.pth ] || wget -q URL/dead/model.pth", "skipped", 10),
        ("wget -qO model.pth URL/dead || wget -qO model.pth URL/named", "passed", 10),
        ("wget -qO model.pth URL/dead || wget -qO model.pth URL/other", "failed", 7),
    ],
)
def test_pinned_weights_beside_a_dead_link(graded_script, tmp_path, commands, ended, points):
    """A second address may have given them; what is missing is not wrong."""
    results = graded_script(f"{commands}\n", pins=f"{hashlib.sha256(WEIGHTS).hexdigest()}  model.pth\n")
    assert text(results, "downloads") and results.by_text["weights"].outcome.value == ended
    assert results.score == points, text(results, "own files")


def test_a_dead_link_is_the_cause_of_what_fails_for_it(graded_script):
    results = graded_script(f"wget -qO model.pth URL/dead/model.pth\npython3 -c {LOAD} || exit\n")
    found = results.by_text["p3 svhn: run"]
    assert "/dead/model.pth: 404 Not Found" in str(found.messages[0]) and "EOFError" in str(found.messages[1])


NO_CUDA, NO_HOST = "raise AssertionError('Torch not compiled with CUDA enabled')", "http://no.invalid/model.pth"


@pytest.mark.parametrize(
    "known, ended",
    [("localhost", ["failed", "skipped", "crashed"]), ("none.invalid", ["grader error", "skipped", "grader error"])],
)
def test_a_host_that_is_not_found_is_the_students_where_others_are(graded_script, known, ended):
    results = graded_script(f"wget -qO model.pth {NO_HOST}\npython3 -c 'open(\"/model.pth\")' || exit\n", known)
    found = [next(each for name, each in results.findings.items() if name.step == step) for step in STEPS]
    assert [each.outcome.value for each in found] == ended
    for each in (found[0], found[2]):
        assert "http://no.invalid/model.pth: unable to resolve" in str(each.messages[0])
        assert ("no network" in str(each.messages[0])) == (known == "none.invalid")
    assert str(found[1].because) == "downloads" and not found[1].costs


@pytest.mark.parametrize(
    "url, known, code, said, lacks, outcome",
    [
        ("URL/dead/model.pth", "localhost", NO_CUDA, "404 Not Found", "needs CUDA", "crashed"),
        (NO_HOST, "localhost", NO_CUDA, "unable to resolve host address 'no.invalid'", "needs CUDA", "crashed"),
        (NO_HOST, "none.invalid", NO_CUDA, "unable to resolve host address", "needs CUDA", "grader error"),
    ],
)
def test_a_dead_link_comes_before_what_the_machine_lacks(graded_script, url, known, code, said, lacks, outcome):
    """An address that no server answers for may be the fault of this machine's network."""
    results = graded_script(f'wget -qO model.pth {url}\npython3 -c "{code}" || exit\n', known)
    found = next(each for name, each in results.findings.items() if name.step == "run")
    assert said in str(found.messages[0]) and lacks in str(found.messages[1]), found.messages
    assert found.outcome.value == outcome


@pytest.mark.parametrize(
    "path, code, first, second, outcome",
    [
        ("dead/model.pth", "'import own_nets'", "no module own_nets: not handed in", "404 Not Found", "crashed"),
        ("dead/x -O checkpoints.txt", "'open(\"model.pth\")'", "404 Not Found", "checkpoints.txt: emptied", "crashed"),
        ("model.pth?$RANDOM$RANDOM", LOAD, "did not in the run with network", "EOFError", "grader error"),
    ],
)
def test_causes_besides_a_dead_link(graded_script, path, code, first, second, outcome):
    """What was not handed in ends a run before it loads; an address that changes is nobody's fault."""
    checks = graded_script(f"wget -qO model.pth URL/{path}\npython3 -c {code} || exit\n").by_text
    found = checks["p3 svhn: run"]
    assert first in str(found.messages[0]) and second in str(found.messages[1]), found.messages
    assert found.outcome.value == outcome and checks["p3: own files"].passed


@pytest.mark.parametrize("path, pins, points", [("dead/model.pth", False, 0), ("model.pth", True, 10)])
def test_wget_that_no_source_shows(graded_script, path, pins, points):
    """A later run calls it first: what came counts, and what did not is the cause."""
    load = f'python3 -c \'import os; os.system("wg" + "et -qO model.pth URL/{path}"); open("model.pth").close()\''
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    results = graded_script(f"{load}\n[ -s model.pth ] || exit\n", pins=f"{digest}  model.pth\n" if pins else "")
    assert results.score == points, text(results, "weights")
    assert points or "404 Not Found" in text(results, "run"), text(results, "run")


def test_dead_links_of_one_server_are_one_line_of_the_cause_and_a_drives_token_is_none(graded_script):
    results = graded_script(
        "wget -qO a URL/dead/d?id=1; wget -qO a 'URL/dead/d?id=1&confirm='; wget -qO b URL/dead/d?id=2\n"
        "python3 -c 'open(\"model.pth\")' || exit\n"
    )
    link, own = map(str, results.by_text["p3 svhn: run"].messages[:2])
    assert "d?id=1: 404" in link and "and 1 more of this kind" in link and "FileNotFoundError" in own, (link, own)
    listed = next(each for name, each in results.findings.items() if name.step == "downloads")
    assert len(listed.messages) == 2


def test_a_page_that_gives_a_token_is_not_blamed_for_a_file_that_cannot_be_read(graded_script):
    results = graded_script(
        "wget -qO page 'URL/drive?id=1' --save-cookies /tmp/c --keep-session-cookies\n"
        "wget -qO model.pth --load-cookies /tmp/c 'URL/drive?confirm=1&id=1'\n"
        f"python3 -c {LOAD} || exit\n"
    )
    found = results.by_text["p3 svhn: run"]
    assert "UnpicklingError" in str(found.messages[0]), found.messages


def test_an_own_file_that_is_fetched_anew_is_not_charged(graded_script, submission, tmp_path):
    results = graded_script("wget -O predict.py.old URL/model.pth; chmod +x predict.py\n")
    assert results.score == 10


def kept(tmp_path, content: bytes, name: str = "helper.sh", url: str = "http://a/") -> Kept:
    (tmp_path / "body").write_bytes(content)
    return Kept(Request("GET", url + name, ()), b"HTTP/1.1 200 OK", tmp_path / "body")


def test_what_came_after_its_run_is_not_given(tmp_path):
    """Nobody has looked whether it is code."""
    downloads = Downloads(tmp_path, 10, ())
    downloads.kept.append(late := kept(tmp_path, b"import os"))
    assert next(downloads.answer(late.request)).startswith(b"HTTP/1.1 502 not fetched")


@pytest.mark.parametrize(
    "name, page, is_given",
    [
        ("page", b'<!DOCTYPE html><html lang="en">', True),
        ("page", b"\n<html>\n<body>", True),
        ("page", b'<!doctype html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n', True),
        ("helper.sh", b"<html>\n", False),
        ("page", b"<head>/dev/null\necho PWNED\n", False),
        ("page", b"<html\necho PWNED\n>\n", False),
        ("page", b"<html;echo PWNED #>\n", False),
        ("page", b'<html a="$(echo PWNED)">/dev/null\n', False),
        ("page", b'<html "a>\n" ; echo PWNED\n', False),
    ],
)
def test_a_page_is_given_where_no_shell_can_run_it(tmp_path, name, page, is_given):
    assert (why_code(kept(tmp_path, page, name), frozenset()) == "") == is_given
    assert (
        not is_given
        or "PWNED" not in subprocess.run(["bash"], input=page + b"\necho PWNED", capture_output=True).stdout.decode()
    )


def test_a_request_that_the_end_of_its_run_cuts_off_was_made(tmp_path):
    """Then its address does not change from run to run: only its answer never came."""
    downloads, request = Downloads(tmp_path, 10, ()), Request("GET", "http://a/model.pth", ())
    (server, far), (client, near) = socket.socketpair(), socket.socketpair()
    with server, far, client, near, pytest.raises(OSError):
        far.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        near.close()
        downloads.fetch(client, server, request)
    assert downloads.take() == [Download(request.url, "", False)] and not downloads.kept
