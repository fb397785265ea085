"""The report names in red the walls that this machine does not have, and no other; work without bound ends."""

import io

from PIL import Image

from grading import checks, walls
from grading.results import MISSING
from tests.grading.commands import HERE, grading
from tests.grading.test_figures import figure, outcome  # noqa: F401  a fixture


def test_missing_walls_are_red(submission, data, tmp_path, sandbox):
    """As root none is missing in CI; as a plain user the control group is."""
    ended = grading(submission("honest"), "--data", data, "--scheme", HERE / "scheme.toml", "--out", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count(f'<p class="note">{MISSING}') == len(walls.missing())
    assert (MISSING in " ".join(ended.stdout.split())) == bool(walls.missing())
    again = grading(
        submission("honest_spaces"),
        "--data",
        data,
        "--scheme",
        HERE / "scheme.toml",
        "--out",
        tmp_path / "out",
        "--regrade",
    )
    assert again.returncode == 0 and (tmp_path / "out" / "report.html").read_text().count(MISSING) == len(
        walls.missing()
    )


def many_scans(count: int) -> bytes:
    """A progressive JPEG, a few hundred bytes for each further look at five million pixels."""
    made = io.BytesIO()
    Image.new("RGB", (2600, 2000), (200, 30, 90)).save(made, "JPEG", progressive=True)
    whole = made.getvalue()
    begin = whole.rindex(b"\xff\xda")
    return whole[:begin] + whole[begin:-2] * count + whole[-2:]


def test_picture_of_thousands_of_scans(figure, monkeypatch):  # noqa: F811
    monkeypatch.setattr(checks, "READING_SECONDS", 2)

    def prepare(folder):
        (folder / "scans.jpg").write_bytes(many_scans(3000))

    results = figure(script='cat scans.jpg > "$1"; python3 -c ""\n', prepare=prepare)
    assert outcome(results, "picture") == "failed" and "cannot be read" in str(
        results.by_text["p1: picture"].messages[0]
    )
    assert results.score == 0
