"""A repository that a student hands in: nothing outside of it is opened through it, and what it lacks is named."""

import hashlib
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest

from grading.not_handed_in import submodules
from grading.submission import take
from tests.grading.commands import HERE, assert_refused, grading
from tests.grading.test_archives import committed, git
from tests.grading.test_command_line import results

SECRET = "root:the first line of a file that the student cannot read"


@pytest.fixture
def repository(submission, tmp_path) -> Path:
    return committed(submission("honest"), tmp_path / "handed in")


@pytest.fixture
def secret(tmp_path) -> Path:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path / "secret"


@pytest.fixture
def call(data, tmp_path, sandbox):
    def run(submission, *more):
        return grading(
            submission, "--data", data, "--scheme", HERE / "scheme.toml", "--out", tmp_path / "my report", *more
        )

    return run


def linked(name: str):
    def change(folder: Path, secret: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.symlink_to(secret)

    return change


def written(name: str, text: str):
    def change(folder: Path, secret: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.format(secret=secret, up="../" * 20 + str(secret)))

    return change


def branch(folder: Path) -> str:
    return (folder / "HEAD").read_text().strip().removeprefix("ref: ")


def linked_branch(folder: Path, secret: Path) -> None:
    linked(branch(folder))(folder, secret)


def linked_object(folder: Path, secret: Path) -> None:
    linked(str(next((folder / "objects").glob("??/*")).relative_to(folder)))(folder, secret)


REFUSED = {
    "HEAD is a link": (linked("HEAD"), "HEAD"),
    "HEAD names a file": (written("HEAD", "ref: {secret}"), "names no branch"),
    "HEAD climbs to a file": (written("HEAD", "ref: refs/heads/{up}"), "names no branch"),
    "HEAD is binary": (written("HEAD", "\0\0\0"), "names no branch"),
    "HEAD is a hash of nothing": (written("HEAD", "0" * 40), "cannot be read"),
    "branch is a link": (linked_branch, "a link or another thing"),
    "refs is a link": (linked("refs"), "no folder (refs)"),
    "objects is a link": (linked("objects"), "no folder (objects)"),
    "object is a link": (linked_object, "a link or another thing"),
    "borrows objects": (written("objects/info/alternates", "{secret}"), "refers to another repository"),
    "common folder": (written("commondir", "{secret}"), "refers to another repository"),
}
HARMLESS = {
    "settings include a file": written(
        "config", "[include]\n\tpath = {secret}\n[core]\n\trepositoryformatversion = 0\n"
    ),
    "settings are a link": linked("config"),
    "shallow is a link": linked("shallow"),
    "hooks are a link": linked("hooks"),
    "packed references are a link": linked("packed-refs"),
    "index is a link": linked("index"),
    "attributes are a link": linked("info"),
    "work tree elsewhere": written("config", "[core]\n\tworktree = {secret}\n"),
}


def everything_said(ended, tmp_path) -> str:
    report = tmp_path / "my report"
    return (
        ended.stdout
        + ended.stderr
        + "".join(path.read_text(errors="replace") for path in report.rglob("*") if path.is_file())
    )


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_without_a_word_of_the_file(call, repository, secret, tmp_path, kind):
    change, reason = REFUSED[kind]
    change(repository / ".git", secret)
    ended = call(repository)
    assert ended.returncode == 0, ended.stderr
    assert results(tmp_path)["score"] == 0 and reason in results(tmp_path)["tests"][-1]["output"]
    assert "the first line" not in everything_said(ended, tmp_path)


@pytest.mark.parametrize("kind", HARMLESS)
def test_graded_without_a_look_at_it(call, repository, secret, tmp_path, kind):
    HARMLESS[kind](repository / ".git", secret)
    ended = call(repository)
    assert results(tmp_path)["score"] == 10, ended.stdout
    assert "the first line" not in everything_said(ended, tmp_path)


def test_packed_branch_counts(call, repository, tmp_path):
    git(repository, "gc", "-q")
    assert not (repository / ".git" / branch(repository / ".git")).exists()
    call(repository)
    assert results(tmp_path)["score"] == 10


def test_shallow_clone_counts(call, repository, tmp_path):
    (repository / "predict.py").open("a").write("\n")
    git(repository, "commit", "-qam", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    call(tmp_path / "shallow")
    assert results(tmp_path)["score"] == 10


def with_gitlink(repository: Path) -> Path:
    """As `git add` makes of a repository in a repository, without .gitmodules."""
    inner = repository / "third_party" / "network"
    inner.mkdir(parents=True)
    (inner / "model.py").write_text("")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "inner")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "with a repository inside")
    return repository


def as_downloaded(repository: Path) -> Path:
    """The folder that a git host's "Download ZIP" unpacks to."""
    shutil.rmtree(repository / ".git")
    (repository / "third_party" / "network").mkdir(parents=True)
    (repository / ".gitmodules").write_text('[submodule "network"]\n\tpath = third_party/network\n\turl = x\n')
    return repository


@pytest.mark.parametrize("make", [with_gitlink, as_downloaded])
def test_submodules_that_were_not_handed_in_are_named(call, repository, tmp_path, make):
    call(make(repository))
    assert "not handed in: third_party/network" in results(tmp_path)["output"]


def cloned_with_submodules(repository: Path, tmp_path: Path) -> Path:
    network = tmp_path / "network"
    network.mkdir()
    (network / "model.py").write_text("layers = 3\n")
    git(network, "init", "-q")
    git(network, "add", ".")
    git(network, "commit", "-qm", "network")
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(network), "third_party/network")
    git(repository, "commit", "-qm", "with a submodule")
    git(tmp_path, *allowed, "clone", "-q", "--recursive", str(repository), "clone")
    return tmp_path / "clone"


def test_submodule_of_a_recursive_clone_is_handed_in(repository, scheme, tmp_path):
    clone = cloned_with_submodules(repository, tmp_path)
    origin = take(clone, tmp_path / "copy", scheme.limits)
    assert not origin.submodules
    assert (tmp_path / "copy" / "third_party" / "network" / "model.py").read_text() == "layers = 3\n"


def test_submodule_behind_a_link_is_not_looked_for(repository, scheme, tmp_path):
    clone = cloned_with_submodules(repository, tmp_path)
    (clone / ".git" / "modules").rename(tmp_path / "modules")
    (clone / ".git" / "modules").symlink_to(tmp_path / "modules")
    origin = take(clone, tmp_path / "copy", scheme.limits)
    assert origin.submodules == ["third_party/network"]


def test_submodules_of_any_name(tmp_path):
    paths = ["neural network", "x" * 300, "../outside"]
    (tmp_path / ".gitmodules").write_text("".join(f'[submodule "net"]\n\tpath = {path}\n' for path in paths))
    assert [message.file for message in submodules(tmp_path)] == paths[:2]


def test_name_of_a_submodule_that_is_no_text(repository, scheme, tmp_path):
    git(repository, "update-index", "--add", "--cacheinfo", "160000," + "1" * 40 + ",net\udcff")
    git(repository, "commit", "-qm", "with a submodule")
    assert take(repository, tmp_path / "copy", scheme.limits).submodules == ["net\\udcff"]


WEIGHTS = b"weights" * 1000
OID = hashlib.sha256(WEIGHTS).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(WEIGHTS)}\n".encode()


def pulled(lfs: Path, content: bytes) -> None:
    """What `git lfs pull` puts into a clone."""
    file = lfs / "objects" / OID[:2] / OID[2:4] / OID
    file.parent.mkdir(parents=True)
    file.write_bytes(content)


def pulled_elsewhere(lfs: Path, content: bytes) -> None:
    pulled(lfs.parent.parent / "elsewhere", content)
    lfs.symlink_to(lfs.parent.parent / "elsewhere")


@pytest.mark.parametrize(
    "pull, content, expected",
    [
        (pulled, WEIGHTS, WEIGHTS),
        (pulled, b"other weights", POINTER),
        (pulled_elsewhere, WEIGHTS, POINTER),
        (lambda lfs, content: None, b"", POINTER),
    ],
)
def test_file_of_git_lfs(submission, scheme, tmp_path, pull, content, expected):
    """It is what the clone holds, with the hash that the commit says; without it the pointer is handed in."""
    (submission("honest") / "model.pth").write_bytes(POINTER)
    repository = committed(tmp_path / "honest", tmp_path / "handed in")
    pull(repository / ".git" / "lfs", content)
    take(repository, tmp_path / "copy", scheme.limits)
    assert (tmp_path / "copy" / "model.pth").read_bytes() == expected


def test_date_of_a_commit_is_the_students_word(call, repository, tmp_path):
    """Dated before the deadline, received four days after it: three days are free, the fourth costs 30 %."""
    call(repository, "--deadline", "2020-11-05T00:00+00:00")
    said = results(tmp_path)
    assert said["score"] == 10 and "commit's own date, which is the student's word" in said["output"]
    call(repository, "--deadline", "2020-11-05T00:00+00:00", "--received", "2020-11-08T12:00Z")
    said = results(tmp_path)
    assert said["score"] == 7 and "4 days late" in said["output"] and "word" not in said["output"]


def test_received_archive_has_late_days(graded, submission):
    due = {
        "deadline": datetime(2020, 11, 5, tzinfo=timezone.utc),
        "received": datetime(2020, 11, 4, tzinfo=timezone.utc),
    }
    results = graded(submission("honest"), **due)
    assert results.origin.late_days == 0 and not results.notes()


def test_received_that_is_no_time(call, repository):
    assert_refused(call(repository, "--received", "yesterday"), 2, "--received yesterday")


def test_folder_that_cannot_be_looked_into(call, repository, tmp_path):
    """Deeper than any git goes: refused before Python's recursion ends."""
    deep = repository / ".git" / "refs" / "heads" / "/".join("x" * 80)
    os.makedirs(deep)
    call(repository)
    assert "nested more than 64" in results(tmp_path)["tests"][-1]["output"]
