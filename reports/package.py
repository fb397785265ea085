"""Puts together what a course wants handed in, under the name that it wants.

    python3 -m reports.package ntu_2020 r09922000
    python3 -m reports.package tehran Rossi_810100001 Bianchi_810100002
    python3 -m reports.package lums 24100001 --out handed_in

Prints what is inside, what is not made yet, and what a person must still add. Data images are refused.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import tyro

from reports.courses import FOLDER, ROOT, read
from reports.pdf import compile_pdf
from training.errors import UserError, exit_in_one_line

DATE = (2020, 12, 1, 2, 0, 0)  # of every file in an archive, so that the same content is the same archive
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".mat", ".npz", ".npy", ".gz", ".zip"}


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What package.toml in a course's folder says."""

    # Name of the archive; {student} is the one student, {students} all of them joined by _.
    archive: str
    # What a student is named by, for the message to who leaves it out.
    student: str
    most_students: int = 1
    # Name of the report in the archive, with the same {student}; none where the course wants none.
    report: str | None = None
    # Name in the archive -> file or folder of the repository.
    files: dict[str, str] = {}
    # The same of what is not made yet -> put in where it is there.
    awaited: dict[str, str] = {}
    # What only a person can add.
    person: tuple[str, ...] = ()


def read_package(course: str) -> Package:
    read(course)
    file = FOLDER / course / "package.toml"
    if not file.exists():
        raise UserError(f"{course} has no package.toml: it is not handed in")
    return msgspec.toml.decode(file.read_bytes(), type=Package)


def contents(package: Package) -> dict[str, Path]:
    """{name in the archive: file}. Raises UserError where a file is missing or may be a data set's."""
    found = {}
    for name, source in package.files.items():
        if not (ROOT / source).exists():
            raise UserError(f"{source} is missing: `make reports` makes notebooks, git has the rest")
        found |= dict(under(name, ROOT / source))
    for name, source in package.awaited.items():
        found |= dict(under(name, ROOT / source)) if (ROOT / source).exists() else {}
    for file in found.values():
        if file.suffix.lower() in PICTURES:
            raise UserError(f"{file.relative_to(ROOT)} may be data, and data is not handed in: take it out")
    return dict(sorted(found.items()))


def under(name: str, path: Path) -> Iterator[tuple[str, Path]]:
    """A file, or the files of a folder but for what Python leaves there."""
    if path.is_file():
        yield name, path
    else:
        for file in path.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield f"{name}/{file.relative_to(path)}", file


def write_archive(archive: Path, files: dict[str, bytes], runnable: set[str]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = (0o755 if name in runnable else 0o644) << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)


def put_together(course: str, students: tuple[str, ...], out: Path) -> None:
    package = read_package(course)
    if not 1 <= len(students) <= package.most_students:
        many = f" of up to {package.most_students} students" if package.most_students > 1 else ""
        raise UserError(f"{course}: give {package.student}{many}")
    words = {"student": students[0], "students": "_".join(students)}
    files = {name: file.read_bytes() for name, file in contents(package).items()}
    if package.report:
        files[package.report.format(**words)] = compile_pdf(course, " and ".join(students).replace("_", " "))
    archive = out / package.archive.format(**words)
    out.mkdir(parents=True, exist_ok=True)
    write_archive(archive, files, {name for name in files if name.endswith(".sh")})
    print_list(archive, files, package)


def print_list(archive: Path, files: dict[str, bytes], package: Package) -> None:
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    for name, content in files.items():
        print(f"  {len(content) / 1e6:7.2f} MB  {name}")
    for title, lines in {
        "Not made yet": [source for source in package.awaited.values() if not (ROOT / source).exists()],
        "A person must still add": package.person,
    }.items():
        print(f"{title}:" if lines else "", *(f"  {line}" for line in lines), sep="\n" if lines else "")


def main(
    course: Annotated[str, tyro.conf.Positional],
    students: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    /,
    out: Path = Path("packages"),
) -> None:
    """Puts together what a course wants handed in, under the name that it wants.

    Args:
        course: A folder of reports/.
        students: Who hands it in, named as the course names them.
        out: Where the archive goes.
    """
    with exit_in_one_line("package"):
        put_together(course, students, out)


if __name__ == "__main__":
    tyro.cli(main)
