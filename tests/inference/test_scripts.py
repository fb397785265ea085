"""The scripts as the assignment wants them, called from anywhere with any names."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.inference.submission import assert_done, lines, p3

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(ROOT.glob("hw3_p*.sh"))
FORBIDDEN = "curl|rm|sudo|cp|mv|mkdir|cd|pip|CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / "inference" / "fetch_weights.sh"], ids=lambda file: file.name)
def test_no_forbidden_word(script):
    assert re.findall(rf"\b({FORBIDDEN})\b", script.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_fetches_with_wget_and_predicts_with_python3(script):
    assert 'source "$here/inference/fetch_weights.sh"' in script.read_text()
    assert "exec python3 " in script.read_text()
    assert "wget " in (ROOT / "inference" / "fetch_weights.sh").read_text()


def test_there_are_scripts():
    assert {ROOT / f"hw3_p{problem}.sh" for problem in (1, 2, 3)} <= set(SCRIPTS)


ODD_NAMES = [
    "with space",
    "new\nline",
    "ends in a newline\n",
    "über 数字",
    "-dash",
    os.fsdecode(b"not utf-8 \xff"),
    'it\'s "quoted" a\\b *?[a] $HOME `id` $(id); & | > < #~%!',
]


def move_to(name: str, project: Path, folder: Path, place: Path) -> tuple[Path, Path]:
    """Project and images in a folder called `name`, and an image called so as well."""
    (place / name).mkdir()
    project = shutil.copytree(project, place / name / name)
    folder = folder.rename(place / name / f"{name} images")
    (folder / "00001.png").rename(folder / f"{name}.png")
    return project, folder


def expected_csv(name: str) -> bytes:
    """Quoted as CSV wants it, and the bytes that are on the disk."""
    name += ".png"
    field = '"' + name.replace('"', '""') + '"' if re.search('["\n,]', name) else name
    rows = {"00000.png": "00000.png", name: field, "00002.png": "00002.png"}
    return b"image_name,label\n" + b"".join(os.fsencode(rows[key]) + b",?\n" for key in sorted(rows))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_in_any_path(project, folder, tmp_path, name):
    """The project's, the folder's, an image's and the output's; absolute, from another folder."""
    place = tmp_path / "place"
    place.mkdir()
    project, folder = move_to(name, project, folder, place)
    output = place / name / f"{name}.csv"
    assert_done(p3(project, folder, "svhn", output, cwd="/"))
    assert re.sub(rb",\d\n", b",?\n", output.read_bytes()) == expected_csv(name)


@pytest.mark.parametrize("name", ["with space", "-dash"])
@pytest.mark.parametrize("cwd, script", [(".", "."), ("..", "./{}")], ids=["from the project", "from beside it"])
def test_relative_paths(project, folder, tmp_path, name, cwd, script):
    """As a TA types them; bash itself would read -dash/hw3_p3.sh as options, so that gets its ./ there."""
    place = tmp_path / "place"
    place.mkdir()
    project, folder = move_to(name, project, folder, place)
    cwd = (project / cwd).resolve()
    result = p3(script.format(name), os.path.relpath(folder, cwd), "svhn", f"{name}.csv", cwd=cwd)
    assert_done(result)
    assert len(lines(cwd / f"{name}.csv")) == 3


def test_script_path_with_a_leading_dash(project, folder, tmp_path):
    shutil.copytree(project, tmp_path / "-p")
    assert_done(p3("-p", folder, "svhn", "out.csv", before=["bash", "-c", 'exec bash -- "$@"'], cwd=tmp_path))
    assert len(lines(tmp_path / "out.csv")) == 3


def test_labels_are_sorted_by_name_with_plain_line_ends(project, many, tmp_path):
    assert_done(p3(project, many, "usps", tmp_path / "out.csv"))
    content = (tmp_path / "out.csv").read_text()
    assert re.fullmatch(r"image_name,label\n(\d{5}\.png,\d\n){600}", content) is not None
    assert lines(tmp_path / "out.csv") == sorted(lines(tmp_path / "out.csv"))


def test_nothing_of_the_callers_is_imported(project, folder, script, tmp_path):
    """Python files in the caller's folder that are called like modules stay what they are: files."""
    for name in ("torch", "random", "numpy", "PIL", "csv", "inference", "models", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the wrong place')")
    assert_done(script.run(project, folder, tmp_path / f"out{script.ending}", cwd=tmp_path))


def test_project_is_left_as_it_was(project, folder, script, tmp_path):
    """No directory is made, no __pycache__ either, and nothing is touched."""

    def state():
        return sorted((str(file), file.stat().st_mtime_ns) for file in project.rglob("*"))

    before = state()
    assert_done(script.run(project, folder, tmp_path / f"out{script.ending}"))
    assert state() == before


def test_imports_only_what_a_prediction_needs(project, folder, script, tmp_path):
    """Start-up is a good part of the time, and the TA's machine has only the prediction packages."""
    result = script.run(project, folder, tmp_path / f"out{script.ending}", PYTHONPROFILEIMPORTTIME="1")
    imported = set(re.findall(rb"\| +(\w+)", result.stderr))
    assert {b"torch", b"numpy", b"PIL", b"inference", b"models"} <= imported
    for package in (b"training", b"torchvision", b"pandas", b"sklearn", b"scipy", b"requests", b"matplotlib", b"rich"):
        assert package not in imported
