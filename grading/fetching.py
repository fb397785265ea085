"""The weights: fetched in runs with network where they are missing, and compared with what checkpoints.txt pins."""

from contextlib import suppress
from pathlib import Path

from grading import source_rules
from grading.bounded import Exhausted, bounded
from grading.images import decoys
from grading.kinds.base import Grading, Problem
from grading.names import RunName
from grading.outcomes import Finding, Message, failed, passed
from grading.run_checks import how_it_ended
from grading.weights import actual, pinned


def wants_fetching(grading: Grading) -> list[Problem]:
    """The problems whose scripts have to fetch weights, as far as can be told without running them."""
    wanted = pinned(grading.root)
    if wanted and have_hashes(grading.root) == wanted:
        return []
    return [problem for problem in grading.scheme.problems if (grading.root / problem.script).is_file()
            and calls_wget(grading.root, problem.script)]


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
    for problem, call in ((problem, call) for problem in wants_fetching(grading) for call in problem.calls()):
        name = RunName(problem.name, call.domain, "fetch")
        run = grading.runner.run(name, problem.script, call, decoys(), network=True)
        if run.exit_code or run.limit:
            messages.append(Message(how_it_ended(run, grading.raw(name)), problem.script, run=str(name)))
    return messages


def weights(grading: Grading) -> Finding:
    """Fetches what is not there, then compares all with checkpoints.txt."""
    said, wanted = fetch(grading), pinned(grading.root)
    grading.runner.keep_fetched(set(wanted))
    have = grading.runner.kept("weights.json", lambda: have_hashes(grading.runner.pristine))
    wrong = [Message(f"sha256 {have.get(name) or 'of a missing file'} instead of {digest}", name)
             for name, digest in wanted.items() if have.get(name) != digest]
    return failed(*wrong, *said) if wrong else passed(*said)
