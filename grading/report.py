"""report.html: one page with everything in it, pictures included, so that it can be mailed."""

import base64
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from grading.outcomes import Finding, Outcome
from grading.results import Results, write_whole
from grading.scheme import FigureProblem, PredictionProblem

NAME = "report.html"
# Everything that a submission says is escaped: a report must not run what a student wrote.
TEMPLATES = Environment(loader=PackageLoader("grading", "templates"), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)


def inline(path: Path) -> str:
    """A picture as a data URL."""
    raw = path.read_bytes()
    kind = "png" if raw.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"


def figures(results: Results, raw: Path) -> list[dict]:
    """For each figure: what the script wrote and, where it differs, the other picture and the differences."""
    shown = []
    for problem in results.scheme.problems:
        opened = results.findings.get(f"{problem.name}: picture")
        if isinstance(problem, FigureProblem) and opened and opened.passed:
            pictures = [("written by the script", inline(raw / f"{problem.name} first" / "figure.png"))]
            for check in (f"{problem.name}: same picture", f"{problem.name}: report's figure"):
                kept = results.findings[check].facts.get("pictures", {})
                pictures += [(caption, inline(raw / file)) for caption, file in kept.items()]
            shown.append({"item": problem.item, "pictures": pictures})
    return shown


def accuracies(results: Results) -> list[dict]:
    """For each problem and domain that was scored: accuracy, what it is held against, and confusions."""
    rows = []
    for problem in results.scheme.problems:
        for domain in problem.domains if isinstance(problem, PredictionProblem) else []:
            finding = results.findings.get(f"{problem.name} {domain}: accuracy")
            if finding and finding.passed:
                baseline = results.findings[f"{problem.name} {domain}: baseline"]
                rows.append({"problem": problem.name, "domain": domain, "wanted": baseline.facts.get("wanted"),
                             "reached": baseline.outcome.value, **finding.facts})
    return rows


def groups(results: Results) -> dict[str, list[tuple[str, Finding]]]:
    """All checks: those of the whole submission, then each problem's."""
    names = {problem.name: problem.item for problem in results.scheme.problems}
    grouped = {"The whole submission": []} | {item: [] for item in names.values()}
    for name, finding in results.findings.items():
        problem = name.partition(":")[0].partition(" ")[0]
        grouped[names.get(problem, "The whole submission")].append((name, finding))
    return {group: rows for group, rows in grouped.items() if rows}


def write_report(results: Results, out: Path) -> Path:
    page = TEMPLATES.get_template("report.html").render(
        results=results, figures=figures(results, out / "raw"), accuracies=accuracies(results), groups=groups(results),
        wrong=[(name, finding) for name, finding in results.findings.items()
               if finding.outcome not in (Outcome.PASSED, Outcome.SKIPPED)])
    write_whole(out / NAME, page.encode())
    return out / NAME
