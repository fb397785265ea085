"""The courses' own reports: every item has its place, and what is in git is what the sources and results give today."""

import json
import re

import pytest

from reports import courses
from reports.notebook import made_from
from reports.pdf import compile_pdf

REPORTS = [name for name in courses.names() if courses.read(name).report]
NOTEBOOKS = [(course, name) for course in courses.names() for name in courses.read(course).notebooks]
LARGEST_PDF, LARGEST_NOTEBOOK = 6_000_000, 3_000_000  # bytes


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_in_git_is_what_the_results_give(name):
    built = courses.BUILT / f"{name}.pdf"
    assert built.stat().st_size < LARGEST_PDF
    assert compile_pdf(name) == built.read_bytes(), "a source or a result has changed: make reports"


@pytest.mark.parametrize("course, name", NOTEBOOKS)
def test_the_notebook_in_git_was_run_from_its_source_and_results(course, name):
    built = courses.BUILT / f"{course}_{name}.ipynb"
    assert built.stat().st_size < LARGEST_NOTEBOOK
    notebook = json.loads(built.read_text())
    assert notebook["metadata"]["made_from"] == made_from(course, name), (
        "a source or a result has changed: make reports"
    )
    assert all(cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code")


@pytest.mark.parametrize("name", courses.names())
def test_every_item_has_one_place(name):
    course = courses.read(name)
    assert len({item.id for item in course.items}) == len(course.items)
    for place in {item.place for item in course.items}:
        source = "report.typ" if place == "report" else f"{place}.py"
        text = (courses.FOLDER / name / source).read_text()
        placed = re.findall(r'^(?:#item\("|# #+ )([^" ]+)', text, re.MULTILINE)
        wanted = [item.id for item in course.items if item.place == place]
        assert [item for item in placed if item in wanted] == wanted
