"""A course's report.typ -> PDF. The same bytes each time: fixed date, the wheel's own fonts, no network."""

import json
import shutil
import tempfile
from pathlib import Path

import typst
from PIL import Image

from reports.courses import FOLDER, ROOT, Course, read
from reports.facts import facts
from reports.results import command_for, digest_of, refuse_old_pictures, require
from training.errors import UserError

TIMESTAMP = 1_606_759_200  # 2020-12-01 02:00 in Taipei: when the first of the courses collected its reports
# Rows of photographs above this many bytes go into the PDF as JPEG, or it would pass 6 MB. The figures that scripts
# reproduce exactly are smaller and stay as they are.
LARGE, QUALITY = 400_000, 90
LABELS = ("item", "lacking", "unseen")  # of what a report tells the build; look.typ sets them


def present(course: Course, student: str = "") -> list[str]:
    """What is there of the files that a report shows; private pictures for a student's copy alone."""
    return [file for file in course.files + (course.private if student else []) if (ROOT / file).exists()]


def inputs(name: str, student: str = "") -> dict[str, str]:
    """What the Typst sources are given: which results are there, commands for those that are not, the recipes."""
    course = read(name)
    shown = present(course, student)
    build = {
        "course": name,
        "student": student,
        "needs": course.files + course.private,
        "files": shown,
        "digests": {file: digest_of(file)[:8] for file in shown},
        "jpeg": [file for file in shown if is_large(ROOT / file)],
        "commands": {file: command_for(file) for file in course.files},
    }
    return {"build": json.dumps(build | facts(), sort_keys=True)}


def lay_out(name: str, root: Path, student: str) -> None:
    """The folder that Typst sees: sources, and results that this course needs. Large pictures become JPEG there."""
    shutil.copytree(FOLDER / name, root / "reports" / name)
    for source in FOLDER.glob("*.typ"):
        shutil.copy(source, root / "reports")
    for file in present(read(name), student):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        if is_large(ROOT / file):
            Image.open(ROOT / file).convert("RGB").save(root / file, "JPEG", quality=QUALITY, subsampling=0)
        else:
            shutil.copy(ROOT / file, root / file)


def is_large(file: Path) -> bool:
    return file.suffix == ".png" and file.stat().st_size > LARGE


def compile_pdf(name: str, student: str = "") -> bytes:
    """The report. Prints which items are not yet run, and pictures that changed after somebody wrote about them.

    Raises UserError where a result is missing or older than its scores, or a sentence of the report no longer holds.
    """
    course = read(name)
    require(course)
    refuse_old_pictures(course)
    with tempfile.TemporaryDirectory() as folder:
        lay_out(name, Path(folder), student)
        pdf, items, lacking, unseen = run_typst(name, Path(folder), inputs(name, student))
    refuse_gaps(name, items)
    for picture in sorted(set(unseen)):
        print(f"{name}: look at {picture} again, sentences about an older one are left out")
    if lacking:
        print(f"{name}: not yet run: {', '.join(lacking)}")
    return pdf


def run_typst(name: str, root: Path, given: dict[str, str]) -> tuple[bytes, list[str], list[str], list[str]]:
    """The PDF, the items in their order, those not yet run, and pictures that changed after they were written about."""
    source = root / "reports" / name / "report.typ"
    same = {"root": root, "ignore_system_fonts": True, "sys_inputs": given}
    try:
        pdf = typst.compile(source, timestamp=TIMESTAMP, format="pdf", **same)
        told = [json.loads(typst.query(source, f"<{label}>", field="value", **same)) for label in LABELS]
    except typst.TypstError as error:
        raise UserError(f"{name}: {str(error.message).removeprefix('assertion failed: ')}") from None
    return pdf, *told


def refuse_gaps(name: str, placed: list[str]) -> None:
    """Raises UserError where the report leaves out an item of its brief, has one twice, or not in the brief's order."""
    wanted = [item.id for item in read(name).items if item.place == "report"]
    if placed != wanted:
        raise UserError(f"{name}: the report has the items {', '.join(placed)}; the brief asks for {', '.join(wanted)}")
