"""report.html: one page with everything in it, pictures included, so that it can be mailed."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from grading.names import CheckName
from grading.outcomes import Finding, Outcome
from grading.printed import printed
from grading.results import Results, write_whole
from grading.scheme import Scheme
from grading.version import grader_version, scheme_digest

NAME = "report.html"
LEGEND = {
    "passed": "as it should be",
    "failed": "it ran, and what it made is not right",
    "timed out": "ended by the grader at the limit of time",
    "crashed": "ended with another exit code than 0, or at another limit",
    "skipped": "not made, because a check before it did not pass",
    "grader error": "not judged: the grader failed, or this machine or its network lacks something",
}
# Everything that a submission says is escaped: a report must not run what a student wrote.
TEMPLATES = Environment(
    loader=PackageLoader("grading", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


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


def wrong_at_no_cost(results: Results) -> list[tuple[CheckName, Finding]]:
    """Checks that did not pass and are not among what points were lost by."""
    costly = {name for cause in results.causes for name in cause.names}
    return [
        (name, finding)
        for name, finding in results.findings.items()
        if finding.outcome not in (Outcome.PASSED, Outcome.SKIPPED) and name not in costly
    ]


def write_report(results: Results, out: Path) -> Path:
    page = TEMPLATES.get_template("report.html").render(
        results=results,
        sections=sections(results, out / "raw"),
        groups=groups(results),
        others=wrong_at_no_cost(results),
        printed=printed(results.runs, out / "raw"),
        **provenance(results.scheme),
    )
    write_whole(out / NAME, page.encode())
    return out / NAME


def provenance(scheme: Scheme) -> dict[str, str]:
    """Which grader, which scheme, and when."""
    return {
        "grader": grader_version(),
        "digest": scheme_digest(scheme),
        "date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "legend": LEGEND,
    }
