"""The checks of one submission, made from the scheme: its files, its weights, then each problem's rules and runs."""

from collections.abc import Iterator
from pathlib import Path

from grading.checks import Check
from grading.fetching import DOWNLOADS, downloads, weights
from grading.kinds.base import Grading, Problem
from grading.names import CheckName
from grading.outcomes import Finding, Message, failed, judged, passed
from grading.rule_checks import rule_checks
from grading.run_checks import untouched
from grading.tables import MIB

MODEL_FILES, WEIGHTS = CheckName("model files"), CheckName("weights")


def all_checks(grading: Grading) -> Iterator[Check]:
    for problem in grading.scheme.problems:
        yield Check(problem.script_check, lambda _, problem=problem: script_there(grading, problem))
    yield Check(MODEL_FILES, lambda _: model_files(grading), costs="rule_broken")
    yield Check(DOWNLOADS, lambda _: downloads(grading), here=True)
    yield Check(
        WEIGHTS,
        lambda findings: weights(grading, findings[DOWNLOADS]),
        reads=(DOWNLOADS,),
        costs="rule_broken",
        here=True,
    )
    for problem in grading.scheme.problems:
        own = list(problem.checks(grading))
        yield from own
        runs = tuple(check.name for check in own if check.name.step == "run")
        yield from rule_checks(grading, problem, (WEIGHTS, *runs))
        yield own_files(grading, problem, runs)


def own_files(grading: Grading, problem: Problem, runs: tuple[CheckName, ...]) -> Check:
    return Check(
        problem.check("own files"),
        lambda _: untouched(grading.runner, grading.root, problem.name),
        needs=(problem.script_check,),
        reads=(WEIGHTS, *runs),
        costs="rule_broken",
        here=True,
    )


def script_there(grading: Grading, problem: Problem) -> Finding:
    if (grading.root / problem.script).is_file():
        return passed()
    elsewhere = sorted(str(path.relative_to(grading.root)) for path in grading.root.rglob(Path(problem.script).name))
    found = (
        f"not in the submission's root; it lies at {', '.join(elsewhere[:3])}" if elsewhere else "not in the submission"
    )
    return failed(Message(found, problem.script, todo="move what lies there to the root" if elsewhere else ""))


def model_files(grading: Grading) -> Finding:
    """Looks at what was handed in; what is fetched later may be larger."""
    limit = grading.scheme.limits.model_mib
    sizes = {path: path.lstat().st_size / MIB for path in sorted(grading.root.rglob("*"))}
    return judged(
        [
            Message(
                f"{size:.0f} MiB, more than {limit}",
                str(path.relative_to(grading.root)),
                todo="have the script fetch it",
            )
            for path, size in sizes.items()
            if size > limit
        ]
    )
