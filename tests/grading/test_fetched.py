"""The run with network: what it may bring, and what it may reach."""

import bz2
import gzip
import hashlib
import http.server
import io
import lzma
import os
import pickle
import tarfile
import threading
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch

from grading.archives import MEMBERS
from grading.fetched import code, own_modules
from grading.names import RunName
from grading.outcomes import Outcome
from grading.pickles import OPERATIONS
from grading.runs import Call, Runner
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


# Of the part: each kind of file that says what it is only to the library that reads it

RAN = b"cposix\nsystem\n(S'echo PWNED'\ntR."
LEGACY = [pickle.dumps(number, 2) for number in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def written(write, *words, **more) -> bytes:
    made = io.BytesIO()
    write(*(made if word is FILE else word for word in words), **more)
    return made.getvalue()


FILE = object()
NUMBERS = np.random.default_rng(0).standard_normal((50, 60)).astype(np.float32)
STATE = {"layer.weight": torch.from_numpy(NUMBERS), "layer.bias": torch.zeros(5), "batches": torch.tensor(7)}
HEADER = b'{"a":{"dtype":"F32","shape":[50,60],"data_offsets":[0,12000]}}  '
OBJECTS = np.array([Executes(), None], dtype=object)
WITH_PROGRAM = tarred(("weights", b"\0\1\2" * 99), ("evil.py", b"import os"))
TORCH_ZIP = written(torch.save, STATE, FILE)
UNUSUAL_CODE = {
    "a pickle without PROTO": b"cposix\nsystem\nq\0X\x0a\0\0\0echo PWNED\x85R.",
    "a text that pickletools cannot read": b"".join([*LEGACY, b"\x80\x02S'\xc3\xa9'\n0", RAN]),
    "a number that pickletools cannot read": b"I0x10\n0" + RAN,
    "the ninth of many pickles": pickle.dumps(1) * 8 + RAN,
    "a pickle of Python 2's names": b"ccommands\ngetoutput\n(S'echo PWNED'\ntR.",
    "a pickle that calls by number": b"\x82\x01(S'echo PWNED'\ntR.",
    "a name that was moved to the top of the stack": b"\x80\x04\x8c\x05posix\x8c\x06system\x8c\x01a0\x93(S'x'\ntR.",
    "a pickle with a zip behind it": RAN + zipped(("weights", b"\0")),
    "objects in an array": written(np.save, FILE, OBJECTS, allow_pickle=True),
    "objects in the second array": written(np.save, FILE, NUMBERS) + written(np.save, FILE, OBJECTS, allow_pickle=True),
    "objects in arrays": written(np.savez_compressed, FILE, a=NUMBERS, b=OBJECTS),
    "joblib's compressed pickle": written(joblib.dump, {"a": Executes()}, FILE, compress=3),
    "joblib's pickle in LZMA": written(joblib.dump, {"a": Executes()}, FILE, compress=("lzma", 3)),
    "joblib's pickle behind an array": written(joblib.dump, [NUMBERS, Executes()], FILE),
    "a program in a tar": WITH_PROGRAM,
    "a program in a compressed tar": gzip.compress(WITH_PROGRAM),
    "a program behind other streams": gzip.compress(b"\0" * 512) + bytes(9) + gzip.compress(WITH_PROGRAM),
    "a program behind a tar's end": tarred(("weights", b"\0")) + b"\1" * 512 + WITH_PROGRAM,
    "a program behind what is no tar": b"\1" * 512 + WITH_PROGRAM,
    "a program in bzip2": bz2.compress(WITH_PROGRAM),
    "a program in xz in a zip": zipped(("data", lzma.compress(WITH_PROGRAM))),
    "a damaged stream": gzip.compress(b"#!/bin/sh\n" + bytes(99))[:-8] + bytes(8),
    "a pickle in a zip without a name of one": zipped(("weights", RAN)),
    "a second data.pkl of the same name": zipped(("a/data.pk_", RAN), ("a/data.pkl", pickle.dumps({}))).replace(
        b"pk_", b"pkl"
    ),
    "too many members": zipped(*((str(number), b"") for number in range(MEMBERS)), ("data.pkl", RAN)),
    "an archive in archives": gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"\0"))))),
    "7-Zip": b"7z\xbc\xaf\x27\x1c" + bytes(99),
    "Python that is not UTF-8": b"# coding: latin-1\n# \xe9\nimport os\n",
}
HONEST_FILES = {
    "PyTorch's": TORCH_ZIP,
    "PyTorch's older one": written(torch.save, STATE, FILE, _use_new_zipfile_serialization=False),
    "PyTorch's of a whole network": written(torch.save, torch.nn.Sequential(torch.nn.Linear(3, 4)), FILE),
    "a list in a pickle": pickle.dumps({"w": [NUMBERS.tolist()], "names": {"cat", "dog"}}),
    "arrays in a pickle": pickle.dumps({"w": NUMBERS, "n": np.float64(3)}),
    "safetensors": len(HEADER).to_bytes(8, "little") + HEADER + NUMBERS.tobytes(),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(50) + NUMBERS.tobytes(),
    "ONNX": b"\x08\x07\x12\x07pytorch\x1a\x052.0.0:\xa3\x01" + NUMBERS.tobytes(),
    "an array": written(np.save, FILE, NUMBERS),
    "arrays": written(np.savez, FILE, a=NUMBERS, b=np.arange(10)),
    "compressed arrays": written(np.savez_compressed, FILE, a=NUMBERS, b=np.array(["cat", "dog"])),
    "a dictionary of arrays": written(np.save, FILE, {"conv1": NUMBERS}, allow_pickle=True),
    "weights in a compressed tar": gzip.compress(
        tarred(("g.pth", TORCH_ZIP), ("README", b"Two networks.\n"), ("checkpoint", b'model_checkpoint_path: "a"\n'))
    ),
    "weights in a zip": zipped(("nets/", b""), ("nets/g.pth", TORCH_ZIP), ("names.json", b'["cat"]')),
    "a compressed pickle": gzip.compress(pickle.dumps({"w": [1.0]})),
    "zeros": bytes(4096),
    "numbers": NUMBERS.tobytes(),
}


@pytest.mark.parametrize("kind", UNUSUAL_CODE)
def test_code_in_an_unusual_file(tmp_path, kind):
    (tmp_path / "w.pth").write_bytes(UNUSUAL_CODE[kind])
    assert code(tmp_path / "w.pth", "w.pth", frozenset({"commands"}))


@pytest.mark.parametrize("kind", HONEST_FILES)
def test_weights_of_every_usual_kind(tmp_path, kind):
    (tmp_path / "w.bin").write_bytes(HONEST_FILES[kind])
    assert code(tmp_path / "w.bin", "w.bin") == ""


def test_numbers_are_not_taken_for_code_by_chance(tmp_path):
    """Also those that begin as a pickle may."""
    generator = np.random.default_rng(0)
    for first in OPERATIONS:
        (tmp_path / "w.bin").write_bytes(first + generator.bytes(999))
        assert code(tmp_path / "w.bin", "w.bin") == "", first


@pytest.mark.parametrize("module", ["posix", "subprocess", "torch"])
def test_a_handed_in_file_lends_its_name_to_no_other_module(tmp_path, module):
    (tmp_path / f"{module}.py").write_text("")
    (tmp_path / "nets.py").write_text("")
    assert own_modules(tmp_path) == {"__main__", "nets"}


NAMES_OF_NO_TEXT = """[ -e evil ] && echo evil
d=$(printf '文%.0s' {1..80}); mkdir $d; echo x > $d/$d.py
echo x > evil; echo x > $'\\xff'; echo x > closed; chmod 0 closed
python3 predict.py "$@"
"""


def test_names_that_no_list_can_hold(fetching, graded, address, tmp_path):
    """What the run with network left is looked through all the same, and a wrong sha256 costs."""
    folder = fetching({"model.pth": "weights"}, NAMES_OF_NO_TEXT, pins=True)
    (folder / "checkpoints.txt").write_text(f"{'0' * 64}  model.pth\n")
    results = graded(folder, reachable=[address])
    assert "\\udcff: fetched code that was not handed in (its name is no text)" in notes(results)
    assert results.by_text["weights"].outcome is Outcome.FAILED
    assert (tmp_path / "report" / "raw" / "p3 svhn first" / "stdout.txt").read_text() == ""


def test_nothing_is_left_of_a_run_with_network_that_nobody_looked_through(scheme, tmp_path, sandbox):
    folder = tmp_path / "pristine"
    folder.mkdir()
    (folder / "hw3_p3.sh").write_text("[ ! -e evil ] && echo x > evil\n")
    runner = Runner(folder, tmp_path, tmp_path / "raw", scheme.limits, protected=True, again=False)
    for which, network in (("fetch", True), ("first", False)):
        run = runner.run(RunName("p3", "", which), "hw3_p3.sh", Call([], "none"), network=network)
        assert run.exit_code == 0, which
