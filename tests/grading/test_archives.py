"""Archives and repositories, honest and hostile: taken whole or refused whole, and nothing lands outside."""

import io
import os
import stat
import subprocess
import tarfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from grading.outcomes import Outcome
from grading.submission import SubmissionError, take

SETUID = 0o104755


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, mode: int = 0o644, target: str = ""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode, info.linkname = len(content), kind, mode, target
    return info, io.BytesIO(content)


def tar(path: Path, *members) -> Path:
    with tarfile.open(path, "w") as archive:
        for info, content in members:
            archive.addfile(info, content)
    return path


def zipped(path: Path, *members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def endless_members(path: Path) -> Path:
    return zipped(path, *((f"{number}", b"", 0o644) for number in range(200)))


def damaged(path: Path) -> Path:
    zipped(path, ("hw3_p3.sh", b"python3 x" * 100, 0o644))
    path.write_bytes(path.read_bytes().replace(b"PK\x03\x04", b"PK\x03\x05"))
    return path


def dated_far_ahead(path: Path) -> Path:
    path.mkdir()
    (path / "hw3_p3.sh").write_text("python3 x")
    return committed(path, path.with_name("repository"), date="@99999999999999 +0000")


def text(path: Path) -> Path:
    path.write_text("no archive at all")
    return path


def pipe_in_folder(path: Path) -> Path:
    path.mkdir()
    os.mkfifo(path / "hw3_p3.sh")
    return path


def setuid_in_folder(path: Path) -> Path:
    path.mkdir()
    (path / "hw3_p3.sh").write_text("")
    (path / "hw3_p3.sh").chmod(SETUID)
    return path


HOSTILE = {
    "zip slip": (lambda path: zipped(path, ("../outside", b"x", 0o644)), "leaves the submission"),
    "zip slip inside a name": (lambda path: zipped(path, ("a/../../outside", b"x", 0o644)), "leaves the submission"),
    "zip with backslashes": (lambda path: tar(path, member("..\\outside")), "leaves the submission"),
    "absolute zip member": (lambda path: zipped(path, ("/tmp/outside", b"x", 0o644)), "leaves the submission"),
    "absolute tar member": (lambda path: tar(path, member("/tmp/outside")), "leaves the submission"),
    "tar member with ..": (lambda path: tar(path, member("../outside")), "leaves the submission"),
    "zip bomb": (lambda path: zipped(path, ("bomb", bytes(20_000_000), 0o644)), "unpacks to more than 16 MiB"),
    "too many files": (endless_members, "more than 100 files"),
    "set-uid in a tar": (lambda path: tar(path, member("hw3_p3.sh", mode=SETUID)), "set-uid"),
    "set-uid in a zip": (lambda path: zipped(path, ("hw3_p3.sh", b"x", SETUID)), "set-uid"),
    "set-uid in a folder": (setuid_in_folder, "set-uid"),
    "device": (lambda path: tar(path, member("hw3_p3.sh", kind=tarfile.CHRTYPE)), "neither a file nor a link"),
    "pipe": (lambda path: tar(path, member("hw3_p3.sh", kind=tarfile.FIFOTYPE)), "neither a file nor a link"),
    "pipe in a folder": (pipe_in_folder, "neither a file nor a link"),
    "file through a link": (
        lambda path: tar(path, member("up", b"", tarfile.SYMTYPE, target=".."), member("up/outside")),
        "cannot be read",
    ),
    "same name twice": (lambda path: tar(path, member("a"), member("a")), "cannot be read"),
    "nested deep": (lambda path: tar(path, member("a/" * 100 + "b")), "nested more than 64 deep"),
    "commit in the year three million": (dated_far_ahead, "cannot be read: ValueError"),
    "damaged": (damaged, "cannot be read"),
    "no archive": (text, "neither a folder, a zip, a tar nor a git repository"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_refused(graded, tmp_path, kind):
    make, reason = HOSTILE[kind]
    code = tmp_path / "report" / "raw" / "source.txt"
    code.parent.mkdir(parents=True)
    code.write_text("of an earlier version")
    (tmp_path / "report" / "results.json").write_text("{}")
    results = graded(make(tmp_path / "handed in"), deadline=datetime(2020, 11, 5, tzinfo=timezone.utc))
    finding = results.by_text["submission"]
    assert finding.outcome is Outcome.FAILED and reason in str(finding.messages[0])
    assert results.score == 0 and not code.exists()
    assert not Path("/tmp/outside").exists() and not list(tmp_path.rglob("outside"))


def test_links_that_leave_are_left_out(scheme, tmp_path):
    """Also those that leave by another link. Those that stay inside are kept."""
    links = {
        "hw3_data": "/home/student/hw3_data",
        "up": "a/b",
        "out": "up/../../..",
        "by hw3_data": "hw3_data/..",
        "nowhere": "later.pth",
        "\udcff": "\udcff/../..",
    }
    path = tar(
        tmp_path / "handed in",
        member("a/b/c"),
        *(member(name, b"", tarfile.SYMTYPE, target=target) for name, target in links.items()),
    )
    origin = take(path, tmp_path / "copy", scheme.limits)
    assert sorted(os.listdir(tmp_path / "copy")) == ["a", "nowhere", "up"]
    assert origin.left_out == [
        "\\udcff -> \\udcff/../..",
        "by hw3_data -> hw3_data/..",
        "hw3_data -> /home/student/hw3_data",
        "out -> up/../../..",
    ]


def files(folder: Path) -> list[tuple[str, bytes, int]]:
    return [
        (str(path.relative_to(folder)), path.read_bytes(), stat.S_IFREG | 0o644)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def in_one_folder(folder: Path, path: Path) -> Path:
    """As a git host packs it, with what macOS adds."""
    return zipped(
        path,
        *((f"hw3-main/{name}", content, mode) for name, content, mode in files(folder)),
        ("__MACOSX/._hw3", b"x", 0o644),
        (".DS_Store", b"x", 0o644),
    )


def from_windows(folder: Path, path: Path) -> Path:
    return zipped(path, *((name, content, 0) for name, content, _ in files(folder)))


def tar_gz(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=".")
    return path


def git(folder: Path, *words: str, date: str = "2020-11-01T12:00:00+00:00") -> str:
    who = {f"GIT_{role}_{what}": "student" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        ["git", "-C", folder, *words], env={**who, **dates}, check=True, capture_output=True, text=True
    ).stdout


def committed_with_a_link(folder: Path, path: Path) -> Path:
    """To data of the student's own machine."""
    (folder / "hw3_data").symlink_to("/home/student/hw3_data")
    return committed(folder, path)


def committed(folder: Path, path: Path, **date: str) -> Path:
    folder.rename(path)
    git(path, "init", "-q")
    git(path, "add", ".")
    git(path, "commit", "-qm", "first", **date)
    return path


def bare(folder: Path, path: Path) -> Path:
    committed(folder, path.with_name("work"))
    git(path.parent, "clone", "-q", "--bare", "work", path.name)
    return path


@pytest.mark.parametrize("pack", [in_one_folder, from_windows, tar_gz, committed_with_a_link, bare])
def test_taken(submission, graded, tmp_path, pack):
    results = graded(pack(submission("honest"), tmp_path / "handed in"))
    assert results.score == 10
    assert {finding.outcome for finding in results.findings.values()} == {Outcome.PASSED}
    assert ("hw3_data -> /home" in "".join(results.notes())) == (pack is committed_with_a_link)


@pytest.fixture
def repository(submission, tmp_path):
    """An honest commit on November 1st, then one on the 11th that breaks it."""
    path = committed(submission("honest"), tmp_path / "repository")
    (path / "predict.py").write_text("broken")
    git(path, "commit", "-qam", "second", date="2020-11-11T12:00:00+00:00")
    return path


@pytest.mark.parametrize(
    "deadline, points, late",
    [
        ("2020-11-05", 10, 0),
        ("2020-11-20", 0, 0),
        ("2020-10-30T12:00:00", 10, 2),
        ("2020-10-29T12:00:00", 10, 3),
        ("2020-10-29T11:59:59", 7, 4),
        ("2020-10-27T12:00:00", 4, 5),
        ("2020-10-20", 0, 13),
        (None, 0, 0),
    ],
)
def test_deadline(repository, graded, deadline, points, late):
    """The last commit before it; where there is none, the first one with its late days."""
    instant = datetime.fromisoformat(deadline).replace(tzinfo=timezone.utc) if deadline else None
    results = graded(repository, deadline=instant)
    assert (results.score, results.origin.late_days) == (points, late)


def test_uncommitted_work_does_not_count(submission, graded, tmp_path):
    path = committed(submission("honest"), tmp_path / "repository")
    (path / "predict.py").write_text("broken")
    assert graded(path).score == 10


def test_nothing_in_a_repository_is_run(submission, scheme, tmp_path):
    """Settings of git that start programs, of which its own commands would start some."""
    path = committed(submission("honest"), tmp_path / "repository")
    for setting in ("core.fsmonitor", "core.sshCommand", "core.pager", "gpg.program", "tar.tar.command"):
        git(path, "config", setting, f"touch {tmp_path}/ran")
    take(path, tmp_path / "copy", scheme.limits)
    assert (tmp_path / "copy" / "hw3_p3.sh").exists() and not (tmp_path / "ran").exists()


def test_repository_that_borrows_objects_is_refused(submission, scheme, tmp_path):
    path = committed(submission("honest"), tmp_path / "repository")
    (path / ".git" / "objects" / "info" / "alternates").write_text("/somewhere/else\n")
    with pytest.raises(SubmissionError, match="refers to another repository"):
        take(path, tmp_path / "copy", scheme.limits)


def test_late_days_of_an_archive_are_for_a_person(submission, graded):
    results = graded(submission("honest"), deadline=datetime(2020, 11, 5, tzinfo=timezone.utc))
    assert results.score == 10 and "late days are for a person" in results.notes()[0]
