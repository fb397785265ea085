"""Takes a submission (folder, zip, tar or git repository) into a throw-away copy.

Nothing of it is trusted: a member that would lie outside of the copy, a device, a set-uid bit or more bytes
than the limit refuses all of it. A link that leads out of it is left out. Its git is read as data, so no hook or
setting of it runs.
"""

import math
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import msgspec
from dulwich.objects import Commit

from grading.folders import DEEPEST
from grading.git_folder import GitError, commits, git_folder
from grading.members import LEFT_OUT, SUBMODULE, Member, folder_members, git_members, tar_members, zip_members
from grading.not_handed_in import empty_submodules
from grading.outcomes import printable
from grading.tables import MIB, Limits

CHUNK = MIB
DAY = timedelta(days=1)
DRIVE = re.compile(r"[A-Za-z]:")  # of Windows
NAMED = 20  # submodules, and links that are left out


class SubmissionError(Exception):
    """A submission that cannot be taken, in one line."""


class Origin(msgspec.Struct):
    """Where the copy came from."""

    kind: str  # folder, zip, tar or git
    commit: str = ""
    late_days: int | None = 0  # None: there is a deadline, and nothing says when this was handed in
    handed_in: str = ""  # when, as far as that is known and matters
    dated_by_commit: bool = False  # the student's word
    submodules: list[str] = []  # folders whose files are in another repository, which was not handed in
    left_out: list[str] = []  # links that lead out of the submission, as `name -> target`


class Due(msgspec.Struct, frozen=True):
    """When a submission was to be handed in, and when it was by the course's own record."""

    deadline: datetime | None = None
    received: datetime | None = None


NO_DEADLINE = Due()


# Kinds of submissions


@contextmanager
def opened(path: Path, due: Due) -> Iterator[tuple[Origin, Iterator[Member]]]:
    """Where a submission comes from, and its members while it is open."""
    git = git_folder(path) if path.is_dir() else None
    if git:
        store, all_commits = commits(git)
        with closing(store):
            commit = last_commit(all_commits, due)
            dated = None if due.received else datetime.fromtimestamp(commit.commit_time, timezone.utc)
            yield origin("git", due, commit.id.decode(), dated), git_members(git, store, commit)
    elif path.is_dir():
        yield origin("folder", due), folder_members(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield origin("zip", due), zip_members(archive)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            yield origin("tar", due), tar_members(archive)
    else:
        raise SubmissionError(f"{path}: neither a folder, a zip, a tar nor a git repository")


def origin(kind: str, due: Due, commit: str = "", dated: datetime | None = None) -> Origin:
    """`dated` is what the commit says of its time; the course's record goes before it."""
    time = due.received or dated
    if not due.deadline:
        return Origin(kind, commit)
    return Origin(
        kind, commit, late_days(time, due.deadline) if time else None, time.isoformat() if time else "", bool(dated)
    )


def last_commit(all_commits: list[Commit], due: Due) -> Commit:
    """The last commit by its own date before the deadline; where there is none, the first after it, which is
    late. Where the course knows when it was handed in, what was handed in then: the last commit."""
    if not due.deadline or due.received:
        return all_commits[0]
    in_time = [commit for commit in all_commits if commit.commit_time <= due.deadline.timestamp()]
    return (
        max(in_time, key=lambda commit: commit.commit_time)
        if in_time
        else (min(all_commits, key=lambda commit: commit.commit_time))
    )


def late_days(time: datetime, deadline: datetime) -> int:
    """Days begun after the deadline."""
    return max(0, math.ceil((time - deadline) / DAY))


# The copy


def take(path: Path, copy: Path, limits: Limits, due: Due = NO_DEADLINE) -> Origin:
    """Fills the new folder `copy`. Raises SubmissionError where any member cannot be had safely."""
    try:
        copy.mkdir()
        with opened(path, due) as (found, members):
            linked, found.left_out = unpack(members, copy, limits)
        missing = {*linked, *empty_submodules(top_folder(copy))}  # git's own, and what .gitmodules names in an archive
        found.submodules = sorted(map(printable, missing))[:NAMED]
        return found
    except SubmissionError:
        raise
    except GitError as error:
        raise SubmissionError(f"{path}: {error}") from error
    except Exception as error:  # what five libraries raise on bytes made to break them cannot be listed
        raise SubmissionError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


def unpack(members: Iterator[Member], copy: Path, limits: Limits) -> tuple[list[str], list[str]]:
    """Symbolic links come last, so that nothing can be written through one. Returns git's submodules, and the links
    that were left out."""
    links, linked, left = {}, [], limits.submission_mib * MIB
    for number, member in enumerate(members, start=1):
        if number > limits.submission_files:
            raise SubmissionError(f"more than {limits.submission_files} files")
        name = safe_name(member)
        if LEFT_OUT & set(PurePosixPath(name).parts):
            continue
        target = copy / name
        if is_folder(member):
            linked += [name] if member.mode == SUBMODULE else []
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(member.mode):
            links[target] = os.fsdecode(member.open().read(4096))
        else:
            left -= write(member, target, left, limits)
    return linked, make_links(links, copy)


def make_links(links: dict[Path, str], copy: Path) -> list[str]:
    """Those that lead out are removed again and returned, also those that do so where another one is gone."""
    for path, target in links.items():
        path.symlink_to(target)
    left_out = []
    while leaving := [path for path in links if leads_out(path, copy)]:
        for path in leaving:
            path.unlink()
            left_out.append(printable(f"{path.relative_to(copy)} -> {links[path]}"))
    return sorted(left_out)[:NAMED]


def leads_out(path: Path, copy: Path) -> bool:
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(copy))


def is_folder(member: Member) -> bool:
    return stat.S_ISDIR(member.mode) or member.mode == SUBMODULE


def safe_name(member: Member) -> str:
    path, folder = PurePosixPath(member.name), is_folder(member)
    nameless = not path.parts and not folder  # "./", the archive's own top, is a folder
    if path.is_absolute() or ".." in path.parts or nameless or "\\" in member.name or DRIVE.match(member.name):
        raise SubmissionError(f"{member.name!r}: a name that leaves the submission")
    if len(path.parts) > DEEPEST:
        raise SubmissionError(f"{member.name[:80]!r}...: folders nested more than {DEEPEST} deep")
    if not (folder or stat.S_ISREG(member.mode) or stat.S_ISLNK(member.mode)):
        raise SubmissionError(f"{member.name!r}: neither a file nor a link")
    if member.mode & (stat.S_ISUID | stat.S_ISGID) and not folder:
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
