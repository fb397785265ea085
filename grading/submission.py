"""Takes a submission (folder, zip, tar or git repository) into a throw-away copy.

Nothing of it is trusted: a member that would leave the copy, a device, a set-uid bit or more bytes
than the limit refuses all of it. Its git is read as data, so no hook or setting of it runs.
"""

import math
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import msgspec
from dulwich.objects import Commit
from dulwich.repo import Repo

from grading.folders import DEEPEST
from grading.members import LEFT_OUT, Member, folder_members, git_members, tar_members, zip_members
from grading.tables import MIB, Limits

CHUNK = MIB
DAY = timedelta(days=1)


class SubmissionError(Exception):
    """A submission that cannot be taken, in one line."""


class Origin(msgspec.Struct):
    """Where the copy came from."""

    kind: str                  # folder, zip, tar or git
    commit: str = ""
    late_days: int | None = 0  # None: there is a deadline, and nothing says when this was handed in


# Kinds of submissions

def is_git(path: Path) -> bool:
    """A repository of its own; a work tree whose .git is a file points elsewhere and is a folder."""
    return any((folder / "HEAD").is_file() and (folder / "objects").is_dir() and not folder.is_symlink()
               for folder in (path, path / ".git"))


@contextmanager
def opened(path: Path, deadline: datetime | None) -> Iterator[tuple[Origin, Iterator[Member]]]:
    """Where a submission comes from, and its members while it is open."""
    unknown = None if deadline else 0
    if path.is_dir() and is_git(path):
        with Repo(str(path)) as repository:
            commit = last_commit(repository, path, deadline)
            yield Origin("git", commit.id.decode(), late_days(commit, deadline)), git_members(repository, commit)
    elif path.is_dir():
        yield Origin("folder", late_days=unknown), folder_members(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield Origin("zip", late_days=unknown), zip_members(archive)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            yield Origin("tar", late_days=unknown), tar_members(archive)
    else:
        raise SubmissionError(f"{path}: neither a folder, a zip, a tar nor a git repository")


def last_commit(repository: Repo, path: Path, deadline: datetime | None) -> Commit:
    """The last commit before the deadline; where there is none, the first after it, which is late."""
    elsewhere = [name for name in ("objects/info/alternates", "commondir")
                 if os.path.lexists(Path(repository.controldir()) / name)]
    if elsewhere:
        raise SubmissionError(f"{path}: its git refers to another repository ({elsewhere[0]})")
    commits = [entry.commit for entry in repository.get_walker()]
    if not commits:
        raise SubmissionError(f"{path}: a git repository without a commit")
    in_time = [commit for commit in commits if not deadline or commit.commit_time <= deadline.timestamp()]
    return max(in_time, key=lambda commit: commit.commit_time) if deadline and in_time else (
        commits[0] if in_time else min(commits, key=lambda commit: commit.commit_time))


def late_days(commit: Commit, deadline: datetime | None) -> int:
    """Days begun after the deadline."""
    if not deadline:
        return 0
    late = datetime.fromtimestamp(commit.commit_time, timezone.utc) - deadline
    return max(0, math.ceil(late / DAY))


# The copy

def take(path: Path, copy: Path, limits: Limits, deadline: datetime | None = None) -> Origin:
    """Fills the new folder `copy`. Raises SubmissionError where any member cannot be had safely."""
    try:
        copy.mkdir()
        with opened(path, deadline) as (origin, members):
            unpack(members, copy, limits)
        return origin
    except SubmissionError:
        raise
    except Exception as error:  # what five libraries raise on bytes made to break them cannot be listed
        raise SubmissionError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


def unpack(members: Iterator[Member], copy: Path, limits: Limits) -> None:
    """Symbolic links come last, so that nothing can be written through one."""
    links, left = [], limits.submission_mib * MIB
    for number, member in enumerate(members, start=1):
        if number > limits.submission_files:
            raise SubmissionError(f"more than {limits.submission_files} files")
        name = safe_name(member)
        if LEFT_OUT & set(PurePosixPath(name).parts):
            continue
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(member.mode):
            links.append((target, os.fsdecode(member.open().read(4096))))
        else:
            left -= write(member, target, left, limits)
    for target, destination in links:
        target.symlink_to(destination)
    for target, destination in links:
        if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(copy)):
            raise SubmissionError(f"{target.relative_to(copy)}: a link that leaves the submission ({destination})")


def safe_name(member: Member) -> str:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in member.name:
        raise SubmissionError(f"{member.name!r}: a name that leaves the submission")
    if len(path.parts) > DEEPEST:
        raise SubmissionError(f"{member.name[:80]!r}...: folders nested more than {DEEPEST} deep")
    if not (stat.S_ISREG(member.mode) or stat.S_ISLNK(member.mode)):
        raise SubmissionError(f"{member.name!r}: neither a file nor a link")
    if member.mode & (stat.S_ISUID | stat.S_ISGID):
        raise SubmissionError(f"{member.name!r}: has a set-uid or set-gid bit")
    return member.name


def write(member: Member, target: Path, left: int, limits: Limits) -> int:
    """Bytes written. Counted while they come: what an archive says of its sizes proves nothing."""
    size = 0
    with member.open() as source, open(target, "xb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > left:
                raise SubmissionError(f"unpacks to more than {limits.submission_mib} MiB")
            file.write(chunk)
    target.chmod(0o755 if member.mode & stat.S_IXUSR else 0o644)
    return size


def top_folder(copy: Path) -> Path:
    """Where the scripts lie: archives often hold everything in one folder."""
    entries = list(copy.iterdir())
    only = entries[0] if len(entries) == 1 else None
    return top_folder(only) if only and only.is_dir() and not only.is_symlink() else copy
