"""python3 -m grading: calls and schemes that make no sense, refused in one line."""

import shutil

import pytest

from tests.grading.commands import HERE, assert_refused, grading

BASELINE = "baseline = { svhn = 40.0 }"
DOMAINS = f'domains = ["svhn"]\nrunning = 3\nreached = [7]\n{BASELINE}'
FIGURE_FOR_NOTHING = """

[[problems]]
kind = "figure"
name = "p1"
item = "samples"
script = "hw3_p1.sh"
points = 0
rows = 4
columns = 8
figure = "fig1_4"
"""


def test_refusals(data, submission, tmp_path):
    folder, scheme, out = submission("honest"), HERE / "scheme.toml", tmp_path / "out"
    assert_refused(grading(tmp_path / "none", "--data", data, "--out", out), 2, "no such submission")
    assert_refused(grading(folder, "--data", tmp_path, "--out", out, "--scheme", scheme), 2, "for svhn", "test.csv")
    assert_refused(grading(folder, "--data", data, "--out", out, "--deadline", "tomorrow"), 2, "--deadline tomorrow")
    assert_refused(grading("class", tmp_path / "none", "--data", data, "--out", out), 2, "no such folder")
    for jobs in ("0", "-1"):
        assert_refused(grading("class", tmp_path, "--data", data, "--out", out, "--jobs", jobs), 2, f"--jobs {jobs}")
    assert not out.exists()


def test_images_and_labels_that_do_not_agree(data, submission, tmp_path):
    """The caller's fault, not 0 points for the submission."""
    other, out = tmp_path / "data", tmp_path / "out"
    words = submission("honest"), "--data", other, "--out", out, "--scheme", HERE / "scheme.toml"
    shutil.copytree(data, other)
    images = other / "digits" / "svhn" / "test"
    (images / "00003.png").rename(images / "other.png")
    assert_refused(
        grading(*words), 2, f"--data {other}", "without an image: 1 (00003.png)", "without a label: 1 (other.png)"
    )
    shutil.rmtree(images)
    assert_refused(grading(*words), 2, f"--data {other}", "for svhn", str(images))
    images.with_suffix(".csv").write_text("label,image_name\n3\n4,00001.png\n")
    images.mkdir()
    assert_refused(grading(*words), 2, f"--data {other}", "without an image's name")
    images.with_suffix(".csv").write_text("image_name,label\n" + 200_000 * "0" + ",3\n")
    assert_refused(grading(*words), 2, f"--data {other}", "for svhn", "field")
    assert not out.exists()


@pytest.mark.parametrize(
    "words, named",
    [
        ((), "PATH"),
        (("class",), "PATH"),
        (("here", "--dedline", "2020-12-01"), "--dedline"),
        (("class", "here", "--jobs", "two"), "--jobs"),
    ],
)
def test_arguments_that_cannot_be_understood(data, tmp_path, words, named):
    """Nothing is taken for the submission that was not named."""
    ended = grading(*words, "--data", data, "--out", tmp_path / "out", "--scheme", HERE / "scheme.toml", cwd=tmp_path)
    assert ended.returncode == 2 and named in ended.stderr and "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "before, after, reason",
    [
        ("wall_seconds = 60", "wall_seconds = 'long'", "wall_seconds"),
        ("running = 3", "runing = 3", "runing"),
        ("reached = [7]", "reached = [3, 7]", "reached"),
        ("svhn = 40.0", "usps = 40.0", "baseline"),
        ("[rules]", "[rules", "scheme.toml"),
        (DOMAINS, "domains = []\nrunning = 3\nreached = []", "[[problems]] number 1, domains: "),
        ("running = 3\nreached = [7]", "running = 0\nreached = [0]", "p3: needs more than 0 points"),
        (BASELINE, BASELINE + FIGURE_FOR_NOTHING, "[[problems]] number 2, points: "),
        ("rule_broken = 0.3", "rule_broken = 3", "[penalties] rule_broken: "),
        ("= 60", "= 0", "[limits] wall_seconds: "),
        ("svhn = 40.0", "svhn = 400", "[[problems]] number 1, baseline[...]: "),
        ("hw3_p3.sh", "../hw3_p3.sh", "p3: script: "),
        ("hw3_p3.sh", "/bin/true", "p3: script: "),
        ('"PIL"', '"PLI"', "[rules] packages: 'PLI' is no package"),
        ('name = "p3"', 'name = "../p3"', "[[problems]] number 1, name: "),
        ("running = 3", "running = -1", "running: "),
        ("[limits]", "starter_files = 'none'\n[limits]", "starter_files: 'none' is no folder"),
    ],
)
def test_schemes_that_make_no_sense(data, submission, tmp_path, before, after, reason):
    scheme = tmp_path / "scheme.toml"
    scheme.write_text((HERE / "scheme.toml").read_text().replace(before, after))
    assert_refused(
        grading(submission("honest"), "--data", data, "--out", tmp_path / "out", "--scheme", scheme), 2, reason
    )
