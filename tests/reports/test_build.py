"""`python3 -m reports` on small courses: what it writes, and what stops it."""

import zipfile

import pytest

from tests.reports.small_course import ITEMS, REPORT, add_course, build, make_project, scores

# {course: its items and its report}.
COURSES = {
    "good": (ITEMS, REPORT),
    "missing": (ITEMS.replace("awaited = true", ""), REPORT),
    "false": (ITEMS, REPORT.replace("< 0.05", "> 0.05")),
    "gap": (ITEMS, REPORT.replace('#item("2")', "")),
    "unlisted": (ITEMS.replace(', "faces/fig1_2.png"', ""), REPORT),
    "misspelt": (ITEMS.replace("awaited", "awaitd"), REPORT),
}
NOTEBOOK = "# %% [markdown]\n# A sum.\n\n# %%\nprint(1 + 1)\n"
NOTEBOOKS = {"sum": NOTEBOOK, "same_sum": NOTEBOOK, "fails": NOTEBOOK + "\n# %%\nprint(undefined)\n"}
PACKAGE = """archive = "HW6_{students}.zip"
student = "Lastname_Number"
most_students = 2
report = "{students}.pdf"
person = ["names"]
[files]
"shown" = "%s"
[awaited]
"later.ipynb" = "reports/built/later.ipynb"
"""
WITH_NOTEBOOK = 'title = "a"\nreport = false\nnotebooks = ["part"]\nitems = []\n'
COMMANDS = [
    *([name] for name in (*COURSES, *NOTEBOOKS)),
    ["absent"],
    ["student", "r09922000"],
    ["student", "a/b"],
    ["package", "good", "Rossi_1", "Bianchi_2"],
    ["package", "good"],
    ["package", "pictures", "Rossi_1"],
    ["package", "false", "Rossi_1"],
    ["write", "figures/faces/scores.json", scores(0.02)],
    ["good", "rescored"],
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("project"))
    for name, (items, report) in COURSES.items():
        add_course(project, name, items, report)
    for name, source in NOTEBOOKS.items():
        add_course(project, name, WITH_NOTEBOOK)
        (project / f"reports/{name}/part.py").write_text(source)
    add_course(project, "pictures")
    for name, folder in {"good": "reports/good", "pictures": "figures/faces"}.items():
        (project / f"reports/{name}/package.toml").write_text(PACKAGE % folder)
    (project / "reports/ntu_2020/items.toml").write_text(ITEMS)
    (project / "reports/ntu_2020/report.typ").write_text(REPORT)
    return project


@pytest.fixture(scope="module")
def outcome(project):
    """Of each command: exit code, stdout, stderr."""
    commands = [command for command in COMMANDS if command[0] != "write"]
    return {" ".join(command): answer for command, answer in zip(commands, build(project, *COMMANDS))}


def test_says_what_is_not_yet_run(project, outcome):
    code, out, _ = outcome["good"]
    assert code == 0 and "good: not yet run: 2\n" in out
    assert (project / "reports/built/good.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "name, complaint",
    [
        ("missing", "needs figures/brain/scores.json, which is missing: `python3 -m training.scores.brain"),
        ("false", "the results no longer bear out: The error is 0.010, which is small."),
        ("gap", "the report has the items 1; the brief asks for 1, 2"),
        ("unlisted", "figures/faces/fig1_2.png is used, but no item in items.toml needs it"),
        ("misspelt", "reports/misspelt/items.toml: Object contains unknown field `awaitd`"),
        ("absent", "'absent' is no course: give one of"),
        ("student a/b", "is no student ID"),
        ("package good", "good: give Lastname_Number of up to 2 students"),
        ("package pictures Rossi_1", "figures/faces/fig1_2.png may be data, and data is not handed in"),
        ("package false Rossi_1", "false has no package.toml"),
    ],
)
def test_stops_in_one_line(project, outcome, name, complaint):
    code, _, err = outcome[name]
    assert code == 2 and complaint in err and err.count("\n") == 1
    assert not (project / f"reports/built/{name}.pdf").exists()


def test_a_picture_that_is_older_than_its_scores_stops_the_build(outcome):
    code, _, err = outcome["good rescored"]
    assert code == 2 and "figures/faces/fig1_2.png is older than the scores" in err
    assert "`python3 -m training.drawing.faces" in err


def test_a_student_gets_the_report_under_the_name_that_the_course_wants(project, outcome):
    assert outcome["student r09922000"][0] == 0
    assert (project / "hw3_r09922000.pdf").read_bytes().startswith(b"%PDF")


def test_an_archive_has_the_courses_name_and_says_what_is_left_to_do(project, outcome):
    code, out, _ = outcome["package good Rossi_1 Bianchi_2"]
    assert code == 0
    with zipfile.ZipFile(project / "packages/HW6_Rossi_1_Bianchi_2.zip") as archive:
        assert set(archive.namelist()) == {
            "Rossi_1_Bianchi_2.pdf",
            *(f"shown/{name}" for name in ("items.toml", "package.toml", "report.typ")),
        }
    assert "Not made yet:\n  reports/built/later.ipynb\nA person must still add:\n  names\n" in out


def test_a_notebook_runs_to_the_same_bytes(project, outcome):
    assert outcome["sum"][0] == 0
    first, second = ((project / f"reports/built/{name}_part.ipynb").read_bytes() for name in ("sum", "same_sum"))
    assert first == second.replace(b"same_sum", b"sum") and b'"2\\n"' in first


def test_a_cell_that_raises_stops_the_build_with_its_text(project, outcome):
    code, _, err = outcome["fails"]
    assert code == 2 and "NameError" in err and "print(undefined)" in err
    assert not (project / "reports/built/fails_part.ipynb").exists()
