"""How runs ended, and what they did to the submission's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grading.causes import Cause, Failed, causes, line_ends
from grading.names import RunName
from grading.outcomes import Finding, Message, Outcome, judged
from grading.runs import Runner
from grading.stderr import excerpt, has_shell_error, has_traceback
from grading.weights import pinned

if TYPE_CHECKING:
    from grading.kinds.base import Grading, Problem


def judged_run(grading: Grading, problem: Problem, name: RunName) -> Finding:
    """How it ended, and why: the cause first. A script that goes on after its Python crashed, and writes nothing,
    has crashed too."""
    run, folder = grading.runner.made[name], grading.raw(name)
    facts = {"run": str(name), "run_seconds": run.seconds}
    if run.limit:
        outcome = Outcome.TIMED_OUT if "wall time" in run.limit else Outcome.CRASHED
        return Finding(outcome, [Message(f"ended by the grader at {run.limit}")], facts | {"stderr": excerpt(folder)})
    crashed_before = run.unusable and has_traceback(folder)
    if not run.exit_code and not crashed_before:
        return Finding(Outcome.PASSED, [], facts)
    if wrote_all_the_same(grading, problem, name):
        return Finding(
            Outcome.PASSED, [], facts, [Message(f"exit code {run.exit_code}, output written", run=str(name))]
        )
    why = causes_of(grading, problem, name)
    own_fault = not why or not all(cause.is_machines for cause in why)
    ended = Message(f"exit code {run.exit_code}, {run.unusable or 'output written'}")
    outcome = Outcome.CRASHED if own_fault else Outcome.GRADER_ERROR
    return Finding(outcome, [*(cause.message for cause in why), ended], facts | {"stderr": excerpt(folder)})


def why_unusable(grading: Grading, problem: Problem, name: RunName, reason: str) -> list[Message]:
    """What is wrong with the output of a run that ended well: last `reason`, before it what lies behind."""
    behind = line_ends(grading.root, problem.script, grading.runner.made[name].unusable)
    return [*(cause.message for cause in behind), Message(reason, run=str(name))]


def wrote_all_the_same(grading: Grading, problem: Problem, name: RunName) -> bool:
    """Whether the output is there, and the exit code is not its program's: no program complained, or the script is
    other problems' too. A last line `[ "$2" = svhn ] && python3 ...` ends with 1 in every other domain."""
    run, folder = grading.runner.made[name], grading.raw(name)
    shared = sum(each.script == problem.script for each in grading.scheme.problems) > 1
    quiet = not has_traceback(folder) and not has_shell_error(folder)
    return not run.unusable and run.exit_code <= 128 and (quiet or shared)


def causes_of(grading: Grading, problem: Problem, name: RunName) -> list[Cause]:
    made = grading.runner.made
    allowed = grading.scheme.rules.packages | problem.more_packages
    writes = frozenset(call.output for call in problem.calls())
    failed = Failed(made[name], made.get(name.of("fetch")), grading.raw(name), writes)
    return causes(failed, grading.root, problem.script, allowed)


def untouched(runner: Runner, root: Path, problem: str) -> Finding:
    """No run of the problem changed the submission's own files or made folders in it."""
    made, weights = {name: run for name, run in runner.made.items() if name.problem == problem}, pinned(root)
    changed = [
        Message("changed or removed by its own script", file, run=str(name))
        for name, run in made.items()
        for file in run.changed
        if file not in weights
    ]
    return judged(
        changed
        + [
            Message("a folder that its script made", folder, run=str(name))
            for name, run in made.items()
            if name.which != "fetch"
            for folder in run.folders
        ]
    )
