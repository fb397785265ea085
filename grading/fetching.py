"""The weights: fetched in runs with network where they are missing, and compared with what checkpoints.txt pins."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from grading import source_rules
from grading.bounded import Exhausted, bounded
from grading.causes import dead, dead_link
from grading.checks import skipped
from grading.fetched import CODE, WEIGHTS, Fetched, fetched_files
from grading.images import decoys
from grading.kinds.base import Grading, Problem
from grading.names import CheckName, RunName
from grading.outcomes import Finding, Message, Outcome, judged, passed, printable
from grading.run_checks import judged_run
from grading.runs import Runner
from grading.tables import MIB
from grading.weights import actual, pinned

DOWNLOADS = CheckName("downloads")
CODE_KEPT = 100  # files
NAME = 200  # bytes


def wants_fetching(grading: Grading) -> list[Problem]:
    """The problems whose scripts have to fetch weights, as far as can be told without running them."""
    wanted = pinned(grading.root)
    if wanted and have_hashes(grading.root) == wanted:
        return []
    there = [problem for problem in grading.scheme.problems if (grading.root / problem.script).is_file()]
    calling = [problem for problem in there if calls_wget(grading.root, problem.script)]
    return calling or (there if wanted else [])  # what is pinned and missing has to come from somewhere


def have_hashes(root: Path) -> dict[str, str]:
    with suppress(Exhausted):  # then they count as missing
        return bounded(lambda: actual(root))
    return {}


def calls_wget(root: Path, script: str) -> bool:
    with suppress(Exhausted):  # what cannot be judged gets no network
        return bounded(lambda: source_rules.uses_wget(root, script))
    return False


def fetch(grading: Grading) -> list[Message]:
    """The runs with network, which see decoys only. Returns what is to be said about them."""
    messages = []
    calls = [(problem, call) for problem in wants_fetching(grading) for call in problem.calls()]
    for problem, call in calls:
        name = RunName(problem.name, call.domain, "fetch")
        grading.runner.run(name, problem.script, call, decoys(), network=True)
        ended = judged_run(grading, problem, name)
        messages += [msgspec.structs.replace(message, run=str(name)) for message in ended.messages[:1]]
    return messages


def downloads(grading: Grading) -> Finding:
    """Fetches what is not there. A dead link costs nothing itself: what fails for it says so."""
    said = fetch(grading)
    found = [(name, each) for name, run in grading.runner.made.items() for each in dead(run)]
    messages = [msgspec.structs.replace(dead_link(each), run=str(name)) for name, each in found]
    if not messages:
        return passed(*said)
    links = {message.text for message in messages}
    outcome = Outcome.GRADER_ERROR if all(each.is_machines for _, each in found) else Outcome.FAILED
    return Finding(outcome, messages, notes=[message for message in said if message.text not in links])


def weights(grading: Grading, fetched: Finding) -> Finding:
    """Compares all with checkpoints.txt, and says what came. What a dead link left missing is not wrong."""
    wanted, runner = pinned(grading.root), grading.runner
    found = runner.kept("fetched.json", lambda: looked_through(runner), list[Fetched])
    keep_to_read(found, runner)
    used = [each.name for each in found if is_used(each, grading, wanted)]
    runner.keep_fetched(used)
    have = runner.kept("weights.json", lambda: have_hashes(runner.pristine), dict[str, str])
    notes = [note(each, each.name in used, each.name in wanted) for each in found]
    wrong = [
        Message(f"sha256 {have.get(name) or 'of a missing file'} instead of {digest}", name)
        for name, digest in wanted.items()
        if have.get(name) != digest
    ]
    nothing_wrong_came = not any(have.get(message.file) for message in wrong)
    if not fetched.passed and nothing_wrong_came and (wrong or not wanted):
        return msgspec.structs.replace(skipped(DOWNLOADS, fetched), notes=notes)
    return judged(wrong, notes=notes)


# What came


def looked_through(runner: Runner) -> list[Fetched]:
    with suppress(Exhausted):  # then nothing of it is used
        return bounded(lambda: fetched_files(runner.copy, runner.pristine)) if runner.copy else []
    return []


def is_used(file: Fetched, grading: Grading, wanted: dict[str, str]) -> bool:
    """Weights and data; in place of a file that was handed in only weights that are pinned, or where none are."""
    if file.kind == CODE:
        return grading.fetched_code
    return not os.path.lexists(grading.root / file.name) or file.kind == WEIGHTS and (file.name in wanted or not wanted)


def keep_to_read(found: list[Fetched], runner: Runner) -> None:
    """Code that was fetched, for a person, in raw/fetched."""
    for file in [each for each in found if each.kind == CODE][:CODE_KEPT] if runner.copy and not runner.again else []:
        name = printable(file.name).replace("/", " ").encode()[-NAME:].decode(errors="ignore")
        (runner.raw / "fetched").mkdir(exist_ok=True)
        with suppress(OSError), open(runner.copy / file.name, "rb") as source:
            (runner.raw / "fetched" / name).write_bytes(source.read(MIB))


def note(file: Fetched, used: bool, is_pinned: bool) -> Message:
    if file.kind == CODE:
        fate = "accepted" if used else "not used"
        return Message(
            f"fetched code that was not handed in ({file.why}): {fate}",
            file.name,
            todo="" if used else "read it in raw/fetched; --fetched-code accepts it",
        )
    if not used:
        return Message("fetched in place of a file that was handed in and is not pinned: not used", file.name)
    unsure = "" if is_pinned else ", not pinned: nothing says that it is the one of the deadline"
    return Message(f"fetched {file.kind}{unsure}", file.name)
