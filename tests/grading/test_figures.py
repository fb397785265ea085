"""Problems 1 and 2: a picture of 32 tiles, the same in a second run and in the report."""

import os

import msgspec
import numpy as np
import pytest
from PIL import Image

from grading import checks
from grading.grade import Order, grade
from grading.kinds.figure import FigureProblem
from grading.likeness import difference, explained_by_compression
from grading.outcomes import printable
from grading.pictures import read_picture
from grading.report import write_report
from grading.tiles import tiles

BIG5_NAME = os.fsdecode("報告".encode("big5")) + 240 * "x"
DRAW = """
import random, sys
from PIL import Image, ImageDraw

noise, columns, output = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
picture = Image.new("RGB", (columns * 18 + 2, 4 * 18 + 2))
for row in range(4):
    for column in range(columns):
        tile = Image.linear_gradient("L").resize((16, 16)).point(lambda grey: (grey + row * 40 + column * 9) % 256)
        picture.paste(tile, (column * 18 + 2, row * 18 + 2))
if noise:
    picture.putpixel((5, 5), (random.randrange(256), random.randrange(256), random.randrange(256)))
picture.save(output)
"""


@pytest.fixture
def figure(submission, scheme, tmp_path, sandbox):
    """Grades a submission with a p1 that draws; `prepare` may change its folder before."""
    problem = FigureProblem(name="p1", item="samples", script="hw3_p1.sh", points=5, rows=4, columns=8, figure="fig1_4")
    course = msgspec.structs.replace(scheme, problems=[problem])

    def run(noise: int = 0, columns: int = 8, script: str = "", prepare=lambda folder: None):
        folder = submission("honest")
        (folder / "draw.py").write_text(DRAW)
        (folder / "hw3_p1.sh").write_text(script or f'python3 "${{0%/*}}/draw.py" {noise} {columns} "$1"\n')
        prepare(folder)
        return grade(Order(folder, tmp_path, tmp_path / "report", course))

    return run


def outcome(results, check: str) -> str:
    return results.by_text[f"p1: {check}"].outcome.value


def test_good(figure):
    results = figure()
    assert results.score == 5
    assert outcome(results, "report's figure") == "skipped"  # none is there: for a person


def test_changes_from_run_to_run(figure):
    results = figure(noise=1)
    assert results.score == 2.5 and outcome(results, "same picture") == "failed"
    assert "of the pixels differ" in str(results.by_text["p1: same picture"].messages[0])


def test_equals_the_reports_figure(figure, tmp_path):
    def prepare(folder):
        Image.open(tmp_path / "report" / "raw" / "p1 first" / "figure.png").save(
            folder / "fig1_4.png", compress_level=1
        )

    figure()
    (tmp_path / "honest").rename(tmp_path / "first")
    results = figure(prepare=prepare)
    assert results.score == 5 and outcome(results, "report's figure") == "passed"


def test_differs_from_the_reports_figure(figure, tmp_path):
    """It is shown beside it, whatever the folder's name is."""

    def prepare(folder):
        (folder / BIG5_NAME).mkdir()
        Image.new("RGB", (146, 74)).save(folder / BIG5_NAME / "fig1_4.png")

    results = figure(prepare=prepare)
    assert results.score == 2.5 and outcome(results, "report's figure") == "failed"
    page = write_report(results, tmp_path / "report").read_text()
    assert f"differences from {printable(BIG5_NAME)}/fig1_4.png" in page and page.count("<img") == 3


def test_of_another_size_than_the_reports_figure(figure):
    """Nothing to compare pixel by pixel: a person looks."""
    results = figure(prepare=lambda folder: Image.new("RGB", (300, 150)).save(folder / "fig1_4.png"))
    assert results.score == 5 and outcome(results, "report's figure") == "skipped"


COPIES = 'python3 -c ""; cat fig1_4.png > "$1"'
COPIES_WHERE_THERE = f'python3 draw.py 1 8 "$1"; if [ -e fig1_4.png ]; then {COPIES}; fi'


@pytest.mark.parametrize("script", [COPIES, COPIES_WHERE_THERE])
def test_shows_a_file_of_its_own_instead_of_drawing(figure, script):
    """It is said, and nothing is taken: a person decides."""

    def prepare(folder):
        pixels = np.random.default_rng(0).integers(0, 256, (74, 146, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "fig1_4.png")

    results = figure(script=script + "\n", prepare=prepare)
    [note] = results.by_text["p1: second run"].notes
    assert results.score == 5 and "fig1_4.png: the script shows this file instead of drawing" in str(note)


def test_draws_the_reports_figure_by_chance_only(figure, tmp_path):
    """What differs without the file and with it differs by chance."""
    figure(noise=1)
    first = (tmp_path / "report" / "raw" / "p1 first" / "figure.png").read_bytes()
    (tmp_path / "honest").rename(tmp_path / "first")
    results = figure(noise=1, prepare=lambda folder: (folder / "fig1_4.png").write_bytes(first))
    assert results.score == 2.5 and not results.by_text["p1: second run"].notes


@pytest.mark.parametrize(
    "script, check, says",
    [
        ('echo no picture > "$1"; python3 -c ""', "picture", "cannot be opened"),
        ('python3 -c ""', "picture", "no output was written"),
        ('touch "${1%/*}/"{a_1,figure_1}.png; python3 -c ""', "picture", "as figure.png, but figure_1.png, a_1.png"),
        ('touch mine.png mine.txt; python3 -c ""', "picture", "written as figure.png, but mine.png"),
        ('ln -s /etc/passwd "$1"; python3 -c ""', "picture", "no file that can be opened"),
        (
            'python3 -c "import sys; from PIL import Image; Image.new(chr(76), (8000, 5000)).save(sys.argv[1])" "$1"',
            "picture",
            "too many",
        ),
        (
            'python3 -c "import sys; from PIL import Image; Image.new(chr(76), (160, 80)).save(sys.argv[1])" "$1"',
            "picture",
            "one plain colour",
        ),
    ],
)
def test_no_picture(figure, script, check, says):
    results = figure(script=script + "\n")
    assert results.score == 0 and outcome(results, check) == "failed"
    assert says in str(results.by_text[f"p1: {check}"].messages[0])


def test_tiles_that_cannot_be_made_out_are_for_a_person(figure):
    results = figure(columns=6)
    [note] = results.by_text["p1: tiles"].notes
    assert results.score == 5 and "32 tiles cannot be made out (for a person's eye)" in str(note)


def grid(gap: int, margin: int, rows: int = 4, columns: int = 8, title: int = 0) -> np.ndarray:
    rng, side = np.random.default_rng(0), 16
    picture = np.full((rows * (side + gap) + 2 * margin, columns * (side + gap) + 2 * margin, 3), 255, dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = margin + row * (side + gap), margin + column * (side + gap)
            picture[top : top + side, left : left + side] = rng.integers(0, 256, (side, side, 3))
            picture[top - title : top - title + title // 2, left : left + side // 2] = 0
    return picture


@pytest.mark.parametrize(
    "layout",
    [
        {"gap": 2, "margin": 0},
        {"gap": 2, "margin": 2},
        {"gap": 10, "margin": 40},
        {"gap": 0, "margin": 0},
        {"gap": 40, "margin": 3},
        {"gap": 12, "margin": 20, "title": 8},
        {"gap": 2, "margin": 2, "rows": 8, "columns": 4},
        {"gap": 1, "margin": 0, "rows": 2, "columns": 16},
    ],
)
def test_tiles_in_any_layout(layout):
    found = tiles(grid(**layout), 4, 8)
    assert len(found) == 32 and {tile.shape for tile in found} == {(16, 16, 3)}


@pytest.mark.parametrize("pixels", [grid(0, 0)[:, :100], grid(2, 2, columns=6)])
def test_no_tiles(pixels):
    assert tiles(pixels, 4, 8) == []


def samples() -> np.ndarray:
    """Smooth colours with some noise, as samples of faces are."""
    rng = np.random.default_rng(0)
    smooth = np.asarray(Image.fromarray(rng.integers(0, 256, (16, 32, 3), dtype=np.uint8)).resize((512, 256), 3))
    return np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("settings", [{"quality": 60}, {"quality": 75}, {"quality": 95, "subsampling": 0}])
def test_jpeg_of_the_same_figure(tmp_path, settings):
    """Also of one that was compressed before. Another tile is no compression, however small."""
    drawn, path = samples(), tmp_path / "fig1_4.jpg"
    Image.fromarray(drawn).save(path, **settings)
    assert explained_by_compression(drawn, read_picture(path), path)
    Image.fromarray(read_picture(path)).save(path, quality=90)
    assert explained_by_compression(drawn, read_picture(path), path)
    other = drawn.copy()
    other[64:96, 64:96] = np.roll(drawn, 100, axis=1)[64:96, 64:96]
    Image.fromarray(other).save(path, **settings)
    assert not explained_by_compression(drawn, read_picture(path), path)


def test_reports_figure_kept_as_jpeg(figure, tmp_path):
    def prepare(folder):
        Image.open(tmp_path / "report" / "raw" / "p1 first" / "figure.png").save(folder / "fig1_4.jpg")

    figure()
    (tmp_path / "honest").rename(tmp_path / "first")
    results = figure(prepare=prepare)
    [note] = results.by_text["p1: report's figure"].notes
    assert results.score == 5 and "fig1_4.jpg: the same but for JPEG's compression" in str(note)


MANY_SCANS = """
import sys
from PIL import Image
Image.new("RGB", (5000, 5000)).save(sys.argv[1], "JPEG", progressive=True)
raw = open(sys.argv[1], "rb").read()
open(sys.argv[1], "wb").write(raw[:-2] + 30000 * raw[raw.rindex(b"\\xff\\xda"):-2] + raw[-2:])
"""


def test_picture_that_takes_minutes_to_open(figure, monkeypatch):
    """A JPEG of a megabyte with thousands of scans."""
    monkeypatch.setattr(checks, "READING_SECONDS", 2)
    results = figure(
        script='python3 scans.py "$1"\n', prepare=lambda folder: (folder / "scans.py").write_text(MANY_SCANS)
    )
    assert results.score == 0 and outcome(results, "picture") == "failed"
    assert "takes more than 2 seconds" in str(results.by_text["p1: picture"].messages[0])


def test_difference():
    black = np.zeros((10, 10, 3), dtype=np.uint8)
    other = black.copy()
    other[0, 0] = 51
    assert difference(black, black) == ""
    assert difference(black, other) == "1.00 % of the pixels differ, by 51.0 of 255 on average and 51 at most"
    assert difference(black, black[:5]) == "10 x 10 pixels against 10 x 5"
