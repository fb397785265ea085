"""The checks of one submission, made from the scheme: its files and rules, then each problem's runs."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from grading import source_rules
from grading.bounded import Exhausted, bounded
from grading.checks import Check, Findings
from grading.images import SUFFIXES, Staged, decoys, image_names, staged
from grading.outcomes import Finding, Message, Outcome, failed, judged, passed
from grading.pictures import (
    PictureError, difference, difference_picture, different_tiles, read_picture, tiles)
from grading.predictions import (
    CsvError, differing, named, read_labels, read_predictions, renamed, score)
from grading.runs import Run, Runner, last_words
from grading.scheme import MIB, FigureProblem, PredictionProblem, Problem, Scheme
from grading.weights import actual, pinned

CSV, FIGURE = "predictions.csv", "figure.png"
MODEL_FILES = "model files"
WEIGHTS = "weights"
SOURCE_RULES = ("bash", "python", "screen", "imports")


class Grading(NamedTuple):
    """What every check of one submission works on."""

    scheme: Scheme
    root: Path       # the submission as it was handed in, or with what it fetched
    data: Path
    runner: Runner

    def raw(self, run: str, file: str) -> Path:
        return self.runner.raw / run / file

    def domain_data(self, domain: str) -> tuple[Path, Path]:
        data = self.scheme.data
        return self.data / data.images.format(domain=domain), self.data / data.labels.format(domain=domain)


def all_checks(grading: Grading) -> Iterator[Check]:
    for problem in grading.scheme.problems:
        yield Check(f"{problem.name}: script", (), partial(script_there, grading, problem))
    yield Check(MODEL_FILES, (), partial(model_files, grading))
    yield Check(WEIGHTS, (), partial(weights, grading))
    for problem in grading.scheme.problems:
        yield from rule_checks(grading, problem)
        yield from (figure_checks if isinstance(problem, FigureProblem) else prediction_checks)(grading, problem)


# Files

def script_there(grading: Grading, problem: Problem, _: Findings) -> Finding:
    if (grading.root / problem.script).is_file():
        return passed()
    return failed(Message("not in the submission", problem.script))


def model_files(grading: Grading, _: Findings) -> Finding:
    """Looks at what was handed in; what is fetched later may be larger."""
    limit = grading.scheme.limits.model_mib
    sizes = {path: path.lstat().st_size / MIB for path in sorted(grading.root.rglob("*"))}
    return judged([Message(f"{size:.0f} MiB, more than {limit}: have the script fetch it",
                           str(path.relative_to(grading.root))) for path, size in sizes.items() if size > limit])


def wants_fetching(grading: Grading) -> list[Problem]:
    """The problems whose scripts have to fetch weights, as far as can be told without running them."""
    wanted = pinned(grading.root)
    if wanted and actual(grading.root) == wanted:
        return []
    return [problem for problem in grading.scheme.problems if (grading.root / problem.script).is_file()
            and calls_wget(grading.root, problem.script)]


def calls_wget(root: Path, script: str) -> bool:
    with suppress(Exhausted):  # what cannot be judged gets no network
        return bounded(lambda: source_rules.uses_wget(root, script))
    return False


def fetch(grading: Grading) -> list[Message]:
    """The runs with network, which see decoys only. Returns what is to be said about them."""
    messages = []
    for problem in wants_fetching(grading):
        for domain in domains(problem):
            name = f"fetch {problem.name} {domain}".strip()
            run = grading.runner.run(name, problem.script, arguments(domain), CSV, decoys(), network=True)
            if run.exit_code or run.limit:
                messages.append(Message(f"{name}: {how_it_ended(run, grading.raw(name, ''))}", problem.script))
    return messages


def domains(problem: Problem) -> list[str]:
    return problem.domains if isinstance(problem, PredictionProblem) else [""]


def arguments(domain: str) -> list[str]:
    """What a TA types behind the script's name."""
    return ["{images}", domain, "{output}"] if domain else ["{output}"]


def weights(grading: Grading, _: Findings) -> Finding:
    """Fetches what is not there, then compares all with checkpoints.txt."""
    said, wanted = fetch(grading), pinned(grading.root)
    grading.runner.keep_fetched(set(wanted))
    have = grading.runner.kept("weights.json", lambda: actual(grading.runner.pristine))
    wrong = [Message(f"sha256 {have.get(name) or 'of a missing file'} instead of {digest}", name)
             for name, digest in wanted.items() if have.get(name) != digest]
    return failed(*wrong, *said) if wrong else passed(*said)


# Rules

def rule_checks(grading: Grading, problem: Problem) -> Iterator[Check]:
    """One child process reads the source for all of them."""
    found = cache(partial(rules_found, grading, problem))
    for name in SOURCE_RULES:
        yield Check(f"{problem.name}: {name}", (f"{problem.name}: script",), lambda _, name=name: found()[name])


def rules_found(grading: Grading, problem: Problem) -> dict[str, Finding]:
    root, script, rules = grading.root, problem.script, grading.scheme.rules
    checks: dict[str, Callable[[], Finding]] = {
        "bash": lambda: source_rules.bash_rules(root, script, rules),
        "python": lambda: source_rules.python_command(root, script, rules),
        "screen": lambda: source_rules.screen_calls(root, script, rules),
        "imports": lambda: source_rules.allowed_imports(root, script, rules.packages | problem.more_packages)}
    try:
        return bounded(lambda: {name: checks[name]() for name in SOURCE_RULES})
    except Exhausted as error:
        return {name: failed(Message(f"its source cannot be judged: {error}", script)) for name in SOURCE_RULES}


# Runs

def how_it_ended(run: Run, folder: Path) -> str:
    said = last_words(folder)
    if run.limit:
        return f"ended by the grader at {run.limit}"
    return f"exit code {run.exit_code}" + (f": {said}" if said else "")


def judged_run(run: Run, name: str, folder: Path) -> Finding:
    facts = {"run": name, "run_seconds": run.seconds}
    messages = [Message(how_it_ended(run, folder))] if run.limit or run.exit_code else []
    if "wall time" in run.limit:
        return Finding(Outcome.TIMED_OUT, messages, facts)
    return Finding(Outcome.CRASHED if messages else Outcome.PASSED, messages, facts)


def picture_run(grading: Grading, problem: FigureProblem, name: str, _: Findings) -> Finding:
    return judged_run(grading.runner.run(name, problem.script, arguments(""), FIGURE), name, grading.raw(name, ""))


def prediction_run(grading: Grading, problem: PredictionProblem, domain: str, second: bool, name: str,
                   _: Findings) -> Finding:
    images = images_of(grading, domain, second).folder
    run = grading.runner.run(name, problem.script, arguments(domain), CSV, images)
    return judged_run(run, name, grading.raw(name, ""))


def images_of(grading: Grading, domain: str, second: bool) -> Staged:
    return staged(grading.domain_data(domain)[0], grading.scheme.data.second_run_seed if second else None)


def untouched(grading: Grading, problem: Problem, _: Findings) -> Finding:
    """No run changed the submission's own files or made folders in it."""
    made = {name: run for name, run in grading.runner.made.items() if problem.name in name.split()}
    changed = [Message(f"changed or removed by its own script, in the run {name}", file)
               for name, run in made.items() for file in run.changed if file not in pinned(grading.root)]
    return judged(changed + [Message(f"a folder that its script made, in the run {name}", folder)
                             for name, run in made.items() for folder in run.folders])


# Problems 1 and 2: figures

def figure_checks(grading: Grading, problem: FigureProblem) -> Iterator[Check]:
    name, script = problem.name, f"{problem.name}: script"
    first, second = f"{name} first", f"{name} second"
    yield Check(f"{name}: run", (script,), partial(picture_run, grading, problem, first))
    yield Check(f"{name}: picture", (f"{name}: run",), partial(picture_opens, grading, first))
    yield Check(f"{name}: tiles", (f"{name}: picture",), partial(picture_tiles, grading, problem, first))
    yield Check(f"{name}: second run", (f"{name}: picture",), partial(picture_run, grading, problem, second))
    yield Check(f"{name}: same picture", (f"{name}: second run",), partial(same_picture, grading, first, second))
    yield Check(f"{name}: report's figure", (f"{name}: picture",), partial(report_figure, grading, problem, first))
    yield Check(f"{name}: own files", (script,), partial(untouched, grading, problem))


def picture_opens(grading: Grading, run: str, _: Findings) -> Finding:
    if reason := grading.runner.made[run].unusable:
        return failed(Message(reason))
    try:
        height, width, _ = read_picture(grading.raw(run, FIGURE)).shape
    except PictureError as error:
        return failed(Message(str(error)))
    return passed(width=width, height=height)


def picture_tiles(grading: Grading, problem: FigureProblem, run: str, _: Findings) -> Finding:
    try:
        found = tiles(read_picture(grading.raw(run, FIGURE)), problem.rows, problem.columns)
    except PictureError as error:
        return failed(Message(str(error)))
    different = different_tiles(found)
    return judged([] if different == len(found) else [Message(f"only {different} of {len(found)} tiles are different")])


def same_picture(grading: Grading, first: str, second: str, _: Findings) -> Finding:
    if reason := grading.runner.made[second].unusable:
        return failed(Message(f"in the second run {reason}"))
    try:
        return compared(grading, first, read_picture(grading.raw(second, FIGURE)), "the second run")
    except PictureError as error:
        return failed(Message(f"the second run's picture {error}"))


def report_figure(grading: Grading, problem: FigureProblem, run: str, _: Findings) -> Finding:
    """Against the file named as the figure; a report in PDF is for a person."""
    files = [path for path in sorted(grading.root.rglob(f"{problem.figure}.*"))
             if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not files:
        return Finding(Outcome.SKIPPED, [Message(f"no picture {problem.figure}.* in the submission: for a person")])
    name = str(files[0].relative_to(grading.root))
    try:
        return compared(grading, run, read_picture(files[0]), name)
    except PictureError as error:
        return failed(Message(str(error), name))


def compared(grading: Grading, run: str, other: np.ndarray, other_name: str) -> Finding:
    """Pixel by pixel. The other picture, and the differences where there are any, are kept for the report."""
    picture, files = read_picture(grading.raw(run, FIGURE)), {}
    apart = difference(picture, other)
    shown = {other_name: other, f"differences from {other_name}": difference_picture(picture, other) if apart else None}
    for caption, pixels in shown.items():
        if pixels is not None:
            files[caption] = f"{run} {len(files)} {Path(other_name).stem}.png"
            Image.fromarray(pixels).save(grading.runner.raw / files[caption])
    return judged([Message(f"not the same as {other_name}: {apart}")] if apart else [], pictures=files)


# Problems 3 and 4: predictions

def prediction_checks(grading: Grading, problem: PredictionProblem) -> Iterator[Check]:
    for domain in problem.domains:
        yield from domain_checks(grading, problem, domain)
    yield Check(f"{problem.name}: own files", (f"{problem.name}: script",), partial(untouched, grading, problem))


def domain_checks(grading: Grading, problem: PredictionProblem, domain: str) -> Iterator[Check]:
    name = f"{problem.name} {domain}"
    first, second, run, table = f"{name} first", f"{name} second", f"{name}: run", f"{name}: CSV"
    rival = (f"{problem.beats} {domain}: accuracy",) if problem.beats else ()
    yield Check(run, (f"{problem.name}: script",), partial(prediction_run, grading, problem, domain, False, first))
    yield Check(table, (run,), partial(csv_readable, grading, first))
    yield Check(f"{name}: rows", (table,), partial(csv_rows, grading, domain, first))
    yield Check(f"{name}: second run", (table,), partial(prediction_run, grading, problem, domain, True, second))
    yield Check(f"{name}: same answers", (f"{name}: second run",),
                partial(same_answers, grading, domain, first, second))
    yield Check(f"{name}: accuracy", (table,), partial(accuracy, grading, domain, name))
    yield Check(f"{name}: baseline", (f"{name}: accuracy", *rival), partial(baseline, problem, domain))


def csv_readable(grading: Grading, run: str, _: Findings) -> Finding:
    if reason := grading.runner.made[run].unusable:
        return failed(Message(reason))
    try:
        return passed(rows=len(read_predictions(grading.raw(run, CSV)).rows))
    except CsvError as error:
        return failed(Message(str(error)))


def csv_rows(grading: Grading, domain: str, run: str, _: Findings) -> Finding:
    rows, oddities = read_predictions(grading.raw(run, CSV))
    complaints = score(rows, labels_of(grading, domain)).complaints
    return judged([Message(text) for text in [*complaints, *(f"the CSV {oddity}" for oddity in oddities)]])


def labels_of(grading: Grading, domain: str) -> dict[str, str]:
    """Raises ValueError, the grader's error, where images and labels do not belong together."""
    folder, table = grading.domain_data(domain)
    labels = read_labels(table)
    if set(labels) != set(image_names(folder)):
        raise ValueError(f"{table} does not list the images of {folder}")
    return labels


def second_rows(grading: Grading, domain: str, run: str) -> list[tuple[str, str]]:
    """Raises CsvError where the second run has no table."""
    if reason := grading.runner.made[run].unusable:
        raise CsvError(reason)
    return renamed(read_predictions(grading.raw(run, CSV)).rows, images_of(grading, domain, True).originals)


def same_answers(grading: Grading, domain: str, first: str, second: str, _: Findings) -> Finding:
    try:
        other = second_rows(grading, domain, second)
    except CsvError as error:
        return failed(Message(f"in the second run {error}"))
    labels = labels_of(grading, domain)
    names = differing(read_predictions(grading.raw(first, CSV)).rows, other, labels)
    return judged([Message(text) for text in named(f"other answers of {len(labels)} under other names", names)],
                  accuracy=score(other, labels).accuracy)


def accuracy(grading: Grading, domain: str, name: str, findings: Findings) -> Finding:
    """The worse of the two runs' counts: one that holds under the images' own names only is worth nothing."""
    result = score(read_predictions(grading.raw(f"{name} first", CSV)).rows, labels_of(grading, domain))
    counted = min(result.accuracy, findings[f"{name}: same answers"].facts.get("accuracy", 0.0))
    said = f"{result.accuracy:.2f} %" + ("" if counted == result.accuracy else f", of which {counted:.2f} % count")
    return passed(Message(said), accuracy=round(result.accuracy, 4), counted=round(counted, 4), confusion=result.confusion,
                  per_class={digit: round(share, 4) for digit, share in result.per_class.items()})


def baseline(problem: PredictionProblem, domain: str, findings: Findings) -> Finding:
    counted = findings[f"{problem.name} {domain}: accuracy"].facts["counted"]
    rival = f"{problem.beats} {domain}: accuracy"
    wanted = findings[rival].facts["accuracy"] if problem.beats else problem.baseline[domain]
    reached = counted > wanted if problem.beats else counted >= wanted
    missed = f"{counted:.2f} % counted, {'more than ' if problem.beats else ''}{wanted:.2f} % wanted"
    return judged([] if reached else [Message(missed)], counted=counted, wanted=wanted)
