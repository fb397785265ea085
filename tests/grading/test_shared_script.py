"""As in 2019: a script is given a folder, and writes the pictures of two problems into it."""

import msgspec
import pytest

from grading.grade import Order, grade
from grading.kinds.figure import FigureProblem

DRAW = """
import sys
from PIL import Image

Image.radial_gradient("L").save(sys.argv[1])
"""


def test_into_a_folder(submission, scheme, tmp_path, sandbox):
    """As in 2019: the script is given a folder, and writes a JPEG of a known name into it."""
    problem = FigureProblem(
        name="p1",
        item="samples",
        script="hw3_p1p2.sh",
        points=10,
        rows=4,
        columns=8,
        figure="fig1_2",
        writes="fig1_2.jpg",
    )
    folder = submission("honest")
    (folder / "draw.py").write_text(DRAW)
    (folder / "hw3_p1p2.sh").write_text('test -d "$1" && python3 draw.py "$1/fig1_2.jpg"\n')
    results = grade(Order(folder, tmp_path, tmp_path / "report", msgspec.structs.replace(scheme, problems=[problem])))
    assert results.score == 10 and results.by_text["p1: same picture"].passed


@pytest.mark.parametrize(
    "first, points, says",
    [
        ('python3 draw.py "$1/fig1_2.jpg"', [10, 0], "exit code 1, output written"),
        ("python3 first.py", [0, 0], "first.py:1: FileNotFoundError"),
    ],
)
def test_one_script_for_two_pictures(submission, scheme, tmp_path, sandbox, first, points, says):
    """Each picture is judged by the program that names it."""
    common = {"script": "hw3_p1p2.sh", "points": 10, "rows": 4, "columns": 8, "item": "samples"}
    problems = [
        msgspec.convert(
            {**common, "name": f"p{each}", "figure": f"fig{each}_2", "writes": f"fig{each}_2.jpg"}, FigureProblem
        )
        for each in (1, 2)
    ]
    folder = submission("honest")
    (folder / "draw.py").write_text(DRAW)
    for name, number in (("first.py", 1), ("second.py", 2)):
        (folder / name).write_text(f"open('{number}.pth')  # to draw fig{number}_2.jpg\n")
    (folder / "hw3_p1p2.sh").write_text(f"{first}\npython3 second.py\n")
    results = grade(Order(folder, tmp_path, tmp_path / "report", msgspec.structs.replace(scheme, problems=problems)))
    assert [item.points for item in results.items] == points
    run, other = (results.by_text[f"p{each}: run"] for each in (1, 2))
    assert says in str((run.messages + run.notes)[0])
    assert str(other.messages[0]).startswith("second.py:1: FileNotFoundError"), other.messages
