"""Runs a submission's scripts, each in a fresh state, and keeps all that a run leaves.

raw/<run>/ holds stdout.txt, stderr.txt, the output and run.json: enough to score it again.
"""

import filecmp
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from grading import walls, wget
from grading.bubblewrap import NAMES, Places
from grading.copies import Copies, new_folder
from grading.downloads import Download, Downloads
from grading.fetched import own_modules
from grading.images import decoys
from grading.left_files import emptied, state, take_output
from grading.names import RunName
from grading.network import Serving
from grading.outcomes import printable
from grading.recording import Record
from grading.sandbox import Ended, run_sandboxed, run_unprotected
from grading.tables import PUBLIC, Limits, Network
from grading.users import give, new_user

T = TypeVar("T")


class NoRecord(Exception):
    """A run that is to be scored again and was never made."""


class Call(NamedTuple):
    """What a TA types behind a script's name. {images}, {output} and {folder} stand for paths."""

    arguments: list[str]
    output: str  # the file's name, in the output's folder
    domain: str = ""  # whose images it is given
    hidden: tuple[str, ...] = ()  # files of the submission that this run does not find


class Run(msgspec.Struct):
    exit_code: int
    seconds: float
    limit: str  # at which the grader ended it, or ""
    peak_mib: int
    unusable: str  # why its output cannot be used, or ""
    changed: list[str]  # files of the submission that it changed or removed
    folders: list[str]  # folders that it made
    protected: bool  # whether it was in a sandbox
    record: Record  # what it did
    missing: list[str] = []  # walls of the sandbox that were not to be had
    downloads: list[Download] = []  # what it asked the network for
    emptied: list[str] = []  # files of the submission that are empty since


class Runner:
    """Runs scripts of the submission in `pristine`; with `again` it reads what earlier runs left instead.

    `pristine` is as it was handed in, and from `keep_fetched` on with what it fetched.
    """

    def __init__(
        self,
        pristine: Path,
        work: Path,
        raw: Path,
        limits: Limits,
        protected: bool,
        again: bool,
        network: Network = PUBLIC,
        fetched_code: bool = False,
    ):
        self.pristine, self.work, self.raw, self.limits = pristine, work, raw, limits
        self.protected, self.again, self.reachable = protected, again, network.reachable
        self.fetched_code = fetched_code
        self.downloads = Downloads(new_folder(work), limits.submission_mib, network.known)
        self.copies = Copies(pristine, work)
        self.copy: Path | None = None
        self.is_fetched_into = False  # whether a run with network left the copy
        self.user: int | None = None  # the copy's
        self.made: dict[RunName, Run] = {}

    @property
    def all_protected(self) -> bool:
        """Whether no run was without a sandbox; of runs that are read again their records say so."""
        return all(run.protected for run in self.made.values()) if self.again else self.protected

    @property
    def missing_walls(self) -> list[str]:
        return list(dict.fromkeys(wall for run in self.made.values() for wall in run.missing))

    def fresh_copy(self) -> Path:
        """A copy that no run has seen, or the one that the runs with network share."""
        if self.copy is None:
            self.copy, self.user = self.copies.take(), new_user() if self.protected else None
            self.hand_over(self.copy)
        return self.copy

    def hand_over(self, folder: Path) -> None:
        """To the user that the sandbox runs scripts as, where it is another one."""
        if self.user is not None:
            give(self.user, folder)

    def run(self, name: RunName, script: str, call: Call, images: Path | None = None, network: bool = False) -> Run:
        """`bash script`, called so.

        Raises NoRecord where it is to be read and was never made.
        """
        folder = self.raw / str(name)
        if self.again:
            self.made[name] = recorded(folder / "run.json", Run)
            if (fetched := self.raw / str(name.of("fetch")) / "run.json").exists():
                self.made[name.of("fetch")] = recorded(fetched, Run)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.made[name] = self.new_run(folder, script, call, images, network)
            if not network and self.lacks_fetched(name):
                self.run(name.of("fetch"), script, call, decoys(), network=True)
                self.drop_copy()
                self.made[name] = self.new_run(folder, script, call, images, network)
            (folder / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(self.made[name])))
        return self.made[name]

    def new_run(self, folder: Path, script: str, call: Call, images: Path | None, network: bool) -> Run:
        if self.is_fetched_into and not network:  # nothing of it was looked at
            self.drop_copy()
        places = Places(self.fresh_copy(), images, new_folder(self.work), self.user)
        self.is_fetched_into = network
        if not network:
            self.copies.make_next()
        self.hand_over(places.output)
        for name in call.hidden:
            (places.submission / name).unlink()
        before = state(places.submission)
        ended = self.ended(places, folder, script, call, network)
        after = state(places.submission)
        changed = sorted(
            printable(name) for name in before if after.get(name) != before[name] and self.is_changed(name)
        )
        made = sorted(after.keys() - before.keys())
        folders = [printable(name) for name in made if stat.S_ISDIR(after[name][0])]
        unusable = take_output(places.output / call.output, folder / call.output, self.limits.answer_mib, made)
        self.copies.remove(places.output)
        if not network:  # no run sees a file, or what is noted about a file, that another one saw
            self.drop_copy()
        if network:
            self.downloads.look_at(own_modules(self.pristine), self.fetched_code)
        return Run(
            ended.exit_code,
            round(ended.seconds, 2),
            ended.limit,
            ended.peak_mib,
            unusable,
            changed,
            folders,
            self.protected,
            ended.record,
            walls.missing() if self.protected else [],
            self.downloads.take(),
            emptied(before, after),
        )

    def ended(self, places: Places, folder: Path, script: str, call: Call, network: bool) -> Ended:
        seen = (
            NAMES
            if self.protected
            else {"submission": str(places.submission), "images": str(places.images), "output": str(places.output)}
        )
        paths = {"images": seen["images"], "output": f"{seen['output']}/{call.output}", "folder": seen["output"]}
        command = ["bash", f"./{script}", *(each.format(**paths) for each in call.arguments)]
        printed = [folder / "stdout.txt", folder / "stderr.txt"]
        if not self.protected:
            return run_unprotected(command, places, self.limits, printed)
        return run_sandboxed(command, places, self.limits, self.serving(network), printed)

    def drop_copy(self) -> None:
        self.copies.remove(self.copy)
        self.copy, self.is_fetched_into = None, False

    def lacks_fetched(self, name: RunName) -> bool:
        """Whether a run called wget and nothing was fetched for it yet: no reading of its source showed it before."""
        return (
            self.protected
            and name.of("fetch") not in self.made
            and any("wget" in (program.name, program.real) for program in self.made[name].record.programs)
        )

    def is_changed(self, name: str) -> bool:
        """Whether a file that was there before the run has other bytes now, and not because wget fetched it anew."""
        before, now = self.pristine / name, self.copy / name
        if not os.path.lexists(before):
            return False
        if os.path.realpath(now.parent) != os.path.realpath(self.copy / Path(name).parent) or not os.path.lexists(now):
            return True
        if before.is_symlink() or now.is_symlink():
            return not (before.is_symlink() and now.is_symlink() and os.readlink(before) == os.readlink(now))
        if before.is_dir() or now.is_dir():
            return before.is_dir() != now.is_dir()
        return not now.is_file() or not (filecmp.cmp(before, now, shallow=False) or self.downloads.has(now))

    def serving(self, network: bool) -> Serving | None:
        if network:
            return lambda client: wget.fetch(client, self.reachable, self.downloads)
        return (lambda client: wget.answer(client, self.downloads)) if self.downloads.asked else None

    def keep_fetched(self, names: list[str]) -> None:
        """These files of the copy that the runs with network left belong to the submission from now on, and no
        others. They are copied into `pristine`, not the other way: the copy's folders may be links by now."""
        if self.copy is None or self.again:
            return
        self.copies.forget_next()
        for name in names:
            target = self.pristine / name
            with suppress(OSError):  # a folder where a file was handed in
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                shutil.copyfile(self.copy / name, target, follow_symlinks=False)
        self.drop_copy()

    def kept(self, name: str, find: Callable[[], T], kind: type[T]) -> T:
        """What `find` returns, kept as raw/<name>; with `again` what was kept. Raises NoRecord."""
        if self.again:
            return recorded(self.raw / name, kind)
        found = find()
        (self.raw / name).write_bytes(msgspec.json.encode(found))
        return found


def recorded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise NoRecord(f"no record of this run, grade it without --regrade ({error})") from error
