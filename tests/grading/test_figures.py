"""Problems 1 and 2: a picture of 4 x 8 tiles, the same in a second run and in the report."""

import msgspec
import numpy as np
import pytest
from PIL import Image

from grading.grade import Order, grade
from grading.pictures import PictureError, difference, tiles
from grading.kinds.figure import FigureProblem

DRAW = '''
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
'''


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
        Image.open(tmp_path / "report" / "raw" / "p1 first" / "figure.png").save(folder / "fig1_4.png", compress_level=1)

    figure()
    (tmp_path / "honest").rename(tmp_path / "first")
    results = figure(prepare=prepare)
    assert results.score == 5 and outcome(results, "report's figure") == "passed"


def test_differs_from_the_reports_figure(figure):
    results = figure(prepare=lambda folder: Image.new("RGB", (146, 74)).save(folder / "fig1_4.png"))
    assert results.score == 2.5 and outcome(results, "report's figure") == "failed"


@pytest.mark.parametrize("script, check, says", [
    ('echo no picture > "$1"; python3 -c ""', "picture", "cannot be opened"),
    ('python3 -c ""', "picture", "no output was written"),
    ('ln -s /etc/passwd "$1"; python3 -c ""', "picture", "no file that can be opened"),
    ('python3 -c "import sys; from PIL import Image; Image.new(chr(76), (8000, 5000)).save(sys.argv[1])" "$1"', "picture", "too many"),
    ('python3 -c "import sys; from PIL import Image; Image.new(chr(76), (160, 80)).save(sys.argv[1])" "$1"', "tiles", "only 1 of 32"),
])
def test_no_picture(figure, script, check, says):
    results = figure(script=script + "\n")
    assert results.score == 0 and outcome(results, check) == "failed"
    assert says in str(results.by_text[f"p1: {check}"].messages[0])


def test_other_number_of_tiles(figure):
    results = figure(columns=6)
    assert results.score == 0 and "4 rows of 6 tiles, expected 4 of 8" in str(results.by_text["p1: tiles"].messages[0])


def grid(gap: int, margin: int) -> np.ndarray:
    rng, side = np.random.default_rng(0), 16
    picture = np.full((4 * (side + gap) + 2 * margin, 8 * (side + gap) + 2 * margin, 3), 255, dtype=np.uint8)
    for row in range(4):
        for column in range(8):
            top, left = margin + row * (side + gap), margin + column * (side + gap)
            picture[top:top + side, left:left + side] = rng.integers(0, 256, (side, side, 3))
    return picture


@pytest.mark.parametrize("gap, margin", [(2, 0), (2, 2), (10, 40), (0, 0)])
def test_tiles_with_and_without_gaps_and_margins(gap, margin):
    found = tiles(grid(gap, margin), 4, 8)
    assert len(found) == 32 and {tile.shape for tile in found} == {(16, 16, 3)}


def test_no_grid():
    with pytest.raises(PictureError, match="no 4 rows of 8 square tiles"):
        tiles(grid(0, 0)[:, :100], 4, 8)


def test_difference():
    black = np.zeros((10, 10, 3), dtype=np.uint8)
    other = black.copy()
    other[0, 0] = 51
    assert difference(black, black) == ""
    assert difference(black, other) == "1.00 % of the pixels differ, by 51.0 of 255 on average and 51 at most"
    assert difference(black, black[:5]) == "10 x 10 pixels against 10 x 5"
