"""How runs ended, and what they did to the submission's own files."""

from pathlib import Path

from grading.names import RunName
from grading.outcomes import Finding, Message, Outcome, judged
from grading.runs import Run, Runner, last_words
from grading.weights import pinned


def how_it_ended(run: Run, folder: Path) -> str:
    said = last_words(folder)
    if run.limit:
        return f"ended by the grader at {run.limit}"
    return f"exit code {run.exit_code}" + (f": {said}" if said else "")


def judged_run(run: Run, name: RunName, folder: Path) -> Finding:
    facts = {"run": str(name), "run_seconds": run.seconds}
    messages = [Message(how_it_ended(run, folder))] if run.limit or run.exit_code else []
    if "wall time" in run.limit:
        return Finding(Outcome.TIMED_OUT, messages, facts)
    return Finding(Outcome.CRASHED if messages else Outcome.PASSED, messages, facts)


def untouched(runner: Runner, root: Path, problem: str) -> Finding:
    """No run of the problem changed the submission's own files or made folders in it."""
    made, weights = {name: run for name, run in runner.made.items() if name.problem == problem}, pinned(root)
    changed = [Message("changed or removed by its own script", file, run=str(name))
               for name, run in made.items() for file in run.changed if file not in weights]
    return judged(changed + [Message("a folder that its script made", folder, run=str(name))
                             for name, run in made.items() if name.which != "fetch" for folder in run.folders])
