"""report.html: one page with everything in it, pictures included, so that it can be mailed."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from grading.names import CheckName
from grading.outcomes import Finding, Outcome
from grading.results import Results, write_whole

NAME = "report.html"
# Everything that a submission says is escaped: a report must not run what a student wrote.
TEMPLATES = Environment(loader=PackageLoader("grading", "templates"), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)


def sections(results: Results, raw: Path) -> list[tuple[str, list[dict]]]:
    """For each kind of problem its template and its rows."""
    found: dict[str, list[dict]] = {}
    for problem in results.scheme.problems:
        found.setdefault(problem.template, []).extend(problem.shown(results.findings, raw))
    return [(template, rows) for template, rows in found.items() if rows]


def groups(results: Results) -> dict[str, list[tuple[CheckName, Finding]]]:
    """All checks: those of the whole submission, then each problem's."""
    titles = {"": "The whole submission"} | {problem.name: problem.item for problem in results.scheme.problems}
    grouped = {title: [] for title in titles.values()}
    for name, finding in results.findings.items():
        grouped[titles[name.problem]].append((name, finding))
    return {group: rows for group, rows in grouped.items() if rows}


def write_report(results: Results, out: Path) -> Path:
    page = TEMPLATES.get_template("report.html").render(
        results=results, sections=sections(results, out / "raw"), groups=groups(results),
        wrong=[(name, finding) for name, finding in results.findings.items()
               if finding.outcome not in (Outcome.PASSED, Outcome.SKIPPED)])
    write_whole(out / NAME, page.encode())
    return out / NAME
