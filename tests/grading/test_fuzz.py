"""Readers of what a student hands in, on bytes made by mutation: the only results are an answer and the reader's own
refusal in one line, within the bounds. Nothing lands outside of the copy.

For longer than in CI: FUZZ_EXAMPLES=10000 python -m pytest tests/grading/test_fuzz.py
"""

import io
import os
import pickle
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from grading.bounded import Exhausted, bounded
from grading.checks import Check, perform
from grading.fetched import code
from grading.git_folder import git_folder
from grading.names import CheckName
from grading.network import Refused, understood
from grading.outcomes import Outcome, passed
from grading.pictures import PictureError, read_picture
from grading.predictions import CsvError, read_predictions, score
from grading.scheme import read_scheme
from grading.source_rules import bash_rules, foreign_packages, other_pythons, screen_calls
from grading.submission import SubmissionError, take
from grading.tiles import tiles
from grading.weights import actual, pinned
from tests.grading.test_archives import committed

HERE = Path(__file__).parent
SCHEME = read_scheme(HERE / "scheme.toml")
SECONDS = 20
# Alone the same examples each time; FUZZ_EXAMPLES=1000 looks for new ones.
FUZZ = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", 60)),
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
# What parsers stumble over, besides single bytes
WORDS = [
    b"\0",
    b"\xff" * 8,
    b"../",
    b"/etc/passwd",
    b"\n",
    b"\r",
    b'"',
    b"`",
    b"$(",
    b"<(",
    b"${",
    b"<<E\n",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"ref: ",
    b"\x1b[2J",
    b"9" * 30,
    b"-1",
    b"=",
    b",",
    b"\xed\xa0\x80",
    b"\x80\x04",
    b"cos\nsystem\n",
    b"(" * 200,
    b"{" * 200,
]
EDIT = st.tuples(
    st.sampled_from(["put", "cut", "word", "double", "swap"]),
    st.floats(0, 1),
    st.integers(0, 64),
    st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from(WORDS)),
)


def mutated(content: bytes, edits: list) -> bytes:
    for kind, where, length, new in edits:
        at = int(where * len(content))
        before, after = content[:at], content[at:]
        content = {
            "put": before + new + after[len(new) :],
            "cut": before + after[length:],
            "word": before + new + after,
            "double": before + after[:length] * 3 + after,
            "swap": after + before,
        }[kind][:2_000_000]
    return content


def mutations(*bases: bytes) -> st.SearchStrategy[bytes]:
    return st.builds(mutated, st.sampled_from(bases), st.lists(EDIT, max_size=6))


def zipped(kind: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as archive:
        for name, text in (
            ("hw3/hw3_p3.sh", "python3 predict.py\n" * 20),
            ("hw3/weights/a.bin", "x" * 3000),
            ("hw3\\b.py", ""),
        ):
            archive.writestr(name, text)
    return made.getvalue()


def tarred(mode: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, target in (("hw3/hw3_p3.sh", ""), ("hw3/link", "hw3_p3.sh"), ("hw3/weights/a.bin", "")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = (tarfile.SYMTYPE, target, 0) if target else (tarfile.REGTYPE, "", 900)
            archive.addfile(info, io.BytesIO(b"y" * 900))
    return made.getvalue()


def pictured(kind: str, **options) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(made, kind, **options)
    return made.getvalue()


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def answer(read, *refusals: type[Exception]) -> object:
    """What `read` gives in the bounded child; None for a refusal in one line. Any other error is a failed test."""
    try:
        return bounded(read, SECONDS)
    except (*refusals, Exhausted) as error:
        assert str(error).count("\n") == 0 and "cannot be sent" not in str(error)
        return None


def taken(place: Path, handed_in: Path) -> None:
    outside = sorted(os.listdir(place))
    copy = place / "copy"
    try:
        answer(lambda: take(handed_in, copy, SCHEME.limits), SubmissionError)
        for path in copy.rglob("*"):
            assert Path(os.path.realpath(path)).is_relative_to(copy) and not path.stat().st_mode & 0o7000
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    assert sorted(os.listdir(place)) == outside


@FUZZ
@given(
    content=mutations(
        zipped(zipfile.ZIP_DEFLATED), zipped(zipfile.ZIP_STORED), tarred("w"), tarred("w:gz"), tarred("w:xz")
    )
)
def test_archives(place, content):
    (place / "archive").write_bytes(content)
    taken(place, place / "archive")


@pytest.fixture(scope="module")
def repository(place) -> Path:
    (place / "work").mkdir()
    for name in ("hw3_p3.sh", "predict.py"):
        (place / "work" / name).write_text("python3 predict.py\n" * 50)
    return committed(place / "work", place / "repository")


@FUZZ
@given(which=st.integers(0, 10_000), edits=st.lists(EDIT, min_size=1, max_size=6))
def test_git_folders(place, repository, which, edits):
    """One file of .git at a time."""
    files = [path for path in sorted((repository / ".git").rglob("*")) if path.is_file() and "hooks" not in path.parts]
    file = files[which % len(files)]
    before = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(mutated(before, edits))
    try:
        assert git_folder(repository)
        taken(place, repository)
    finally:
        file.write_bytes(before)


@FUZZ
@given(content=mutations(b"image_name,label\r\n00000.png,1\r\n00001.png,2\r\n", b'image_name,label\n"a\nb",3\n', b""))
def test_tables(place, content):
    (place / "table.csv").write_bytes(content)
    labels = {f"{number:05}.png": "1" for number in range(5)}

    def read():
        rows = read_predictions(place / "table.csv").rows
        result = score(rows, labels)
        return [result.accuracy, result.complaints]

    found = answer(read, CsvError)
    assert found is None or 0 <= found[0] <= 100 and all(len(each) < 1000 for each in found[1])


@FUZZ
@given(
    content=mutations(
        pictured("PNG"), pictured("JPEG"), pictured("JPEG", progressive=True), pictured("PNG", optimize=True)
    )
)
def test_pictures(place, content):
    (place / "picture").write_bytes(content)
    answer(lambda: len(tiles(read_picture(place / "picture"), 4, 8)), PictureError)


@FUZZ
@given(
    shell=mutations(
        *(
            (HERE / "submissions" / name / "hw3_p3.sh").read_bytes()
            for name in ("honest_unusual_bash", "rm_in_base64", "variables_made_of_each_other", "rm_by_xargs_and_env")
        )
    ),
    python=mutations(b"import numpy\nfrom . import a\nplt.show()\n", b"if x:\n\tdef f(): import os\n"),
)
def test_sources(place, shell, python):
    root = place / "source"
    root.mkdir(exist_ok=True)
    (root / "hw3_p3.sh").write_bytes(shell + b"\npython3 predict.py\n")
    (root / "predict.py").write_bytes(python)

    def read():
        for judge in (bash_rules, other_pythons, screen_calls):
            judge(root, "hw3_p3.sh", SCHEME.rules)
        return len(foreign_packages(root, "hw3_p3.sh", SCHEME.rules.packages))

    check = Check(CheckName("source"), lambda _: passed(read=read()))
    finding = perform(check, {})
    assert finding.outcome in (Outcome.PASSED, Outcome.FAILED), finding.messages


@FUZZ
@given(
    content=mutations(
        pickle.dumps({"a": [1, "b", 2.0]}),
        pickle.dumps(bounded, 2),
        zipped(zipfile.ZIP_STORED),
        b"#!/bin/sh\n",
        b"a b\n",
    ),
    name=st.sampled_from(["model.pth", "words.txt", "a.py", "x"]),
)
def test_fetched_files(place, content, name):
    (place / "fetched").write_bytes(content)
    found = answer(lambda: code(place / "fetched", name))
    assert found is None or len(found) < 200


@FUZZ
@given(content=mutations(b"0" * 64 + b"  weights/model.pth\n" + b"1" * 64 + b" *./a\n"))
def test_lists_of_weights(place, content):
    (place / "checkpoints.txt").write_bytes(content)
    found = answer(lambda: [len(actual(place)), len(pinned(place))])
    assert found and found[0] == found[1]


@FUZZ
@given(
    content=mutations(
        b"GET http://example.org:80/a?b HTTP/1.1\r\nHost: a\r\nProxy-Connection: b", b"CONNECT [::1]:443 HTTP/1.1"
    )
)
def test_requests_to_the_proxy(content):
    try:
        host, port, forwarded = understood(content)
        assert isinstance(host, str) and 0 <= port < 65536 and isinstance(forwarded, bytes)
    except Refused as error:
        assert "\n" not in str(error)
