"""Builds reports and notebooks.

    python3 -m reports                       all of them, into reports/built/
    python3 -m reports ntu_2020 lums         those of some courses
    python3 -m reports student r09922000     the report of NTU 2020 as hw3_r09922000.pdf, in the project's root

What is missing, older than its scores or no longer true stops the build with one line and exit code 2.
"""

import re
import sys
from pathlib import Path

from reports import courses
from reports.notebook import build_notebook
from reports.pdf import compile_pdf
from reports.results import note_pictures
from training.errors import UserError, exit_in_one_line
from training.run_folder import replace_file

STUDENT = "ntu_2020"  # the course whose report carries a student's ID in its name


def write(file: Path, content: bytes) -> None:
    replace_file(file, lambda part: part.write_bytes(content))
    print(f"{file.relative_to(courses.ROOT)}: {len(content) / 1e6:.1f} MB")


def build(name: str) -> None:
    course = courses.read(name)
    courses.BUILT.mkdir(exist_ok=True)
    if course.report:
        write(courses.BUILT / f"{name}.pdf", compile_pdf(name))
    for notebook in course.notebooks:
        write(courses.BUILT / f"{name}_{notebook}.ipynb", build_notebook(name, notebook))
    note_pictures(course)


def build_for(student: str) -> None:
    if not re.fullmatch(r"\w+", student):
        raise UserError(f"{student!r} is no student ID: letters and digits, as in r09922000")
    write(courses.ROOT / f"hw3_{student}.pdf", compile_pdf(STUDENT, student))


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in ("-h", "--help"):
        return print(__doc__.strip())
    with exit_in_one_line("reports"):
        if arguments[:1] == ["student"]:
            if len(arguments) != 2:
                raise UserError("give one student ID: make report ID=r09922000")
            return build_for(arguments[1])
        for name in arguments or courses.names():
            build(name)


if __name__ == "__main__":
    main(sys.argv[1:])
