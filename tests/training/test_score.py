import subprocess
import sys

import pytest

from training.scores.predictions import complaints, score

TRUTH = b"image_name,label\r\n00000.png,7\r\n00001.png,2\r\n00002.png,1\r\n00003.png,7\r\n"
RIGHT = b"image_name,label\n00000.png,7\n00001.png,2\n00002.png,1\n00003.png,7\n"
HEADER = b"image_name,label\n"


@pytest.fixture
def graded(tmp_path):
    """Scores the bytes of a predictions file against those of a truth file."""

    def grade(predictions: bytes, truth: bytes = TRUTH):
        (tmp_path / "predictions.csv").write_bytes(predictions)
        (tmp_path / "truth.csv").write_bytes(truth)
        return score(tmp_path / "predictions.csv", tmp_path / "truth.csv")

    return grade


def test_all_right(graded):
    result = graded(RIGHT)
    assert result.accuracy == 100 and result.total == 4 and complaints(result) == []
    assert result.per_class == {1: 100, 2: 100, 7: 100}


def test_wrong_label_counts_for_its_own_class(graded):
    result = graded(RIGHT.replace(b"00003.png,7", b"00003.png,1"))
    assert result.accuracy == 75 and result.per_class == {1: 100, 2: 100, 7: 50}


def test_order_of_rows_does_not_matter(graded):
    rows = RIGHT.splitlines(keepends=True)
    assert graded(rows[0] + b"".join(reversed(rows[1:]))).accuracy == 100


def test_missing_image_is_wrong(graded):
    result = graded(RIGHT.replace(b"00001.png,2\n", b""))
    assert result.accuracy == 75 and result.missing == ("00001.png",)
    assert complaints(result) == ["missing: 1 (00001.png)"]


@pytest.mark.parametrize("second", [b"2", b"5"])
def test_repeated_image_is_wrong_even_where_both_agree(graded, second):
    result = graded(RIGHT + b"00001.png," + second + b"\n")
    assert result.accuracy == 75 and result.repeated == ("00001.png",)


@pytest.mark.parametrize("label", [b"2.0", b"NaN", b"", b" 2", b"2 ", b"02", b"10", b"-1", b"two", "\u0662".encode()])
def test_only_plain_digits_are_readable(graded, label):
    result = graded(RIGHT.replace(b"00001.png,2", b"00001.png," + label))
    assert result.accuracy == 75 and result.unreadable == ("00001.png",)


def test_row_without_a_label_is_unreadable(graded):
    assert graded(RIGHT.replace(b"00001.png,2", b"00001.png")).unreadable == ("00001.png",)


def test_unknown_names_are_named_and_cost_nothing(graded):
    result = graded(RIGHT + b"99999.png,3\n")
    assert result.accuracy == 100 and result.unknown == ("99999.png",)


def test_no_predictions_at_all(graded):
    result = graded(HEADER)
    assert result.accuracy == 0 and len(result.missing) == 4


def test_long_lists_are_cut(graded):
    truth = HEADER + b"".join(b"%d.png,1\n" % number for number in range(9))
    assert complaints(graded(HEADER, truth)) == ["missing: 9 (0.png, 1.png, 2.png, 3.png, 4.png, ...)"]


@pytest.mark.parametrize(
    "predictions",
    [
        b"\xef\xbb\xbf" + RIGHT,
        RIGHT.replace(b"\n", b"\r\n"),
        RIGHT.rstrip(b"\n"),
        RIGHT.replace(b"\n", b"\n\n"),
        b"label,image_name\n7,00000.png\n2,00001.png\n1,00002.png\n7,00003.png\n",
    ],
    ids=["byte order mark", "CRLF", "no last line end", "blank lines", "columns swapped"],
)
def test_ways_of_writing_the_same(graded, predictions):
    assert graded(predictions).accuracy == 100


@pytest.mark.parametrize(
    "predictions",
    [
        b"",
        b"00000.png,7\n",
        b"name;label\n",
        b"\x89PNG\r\n\x1a\n\xff\xfe",
    ],
    ids=["empty", "no header", "other header", "an image"],
)
def test_unusable_predictions(graded, predictions):
    with pytest.raises(ValueError, match="predictions.csv"):
        graded(predictions)


@pytest.mark.parametrize(
    "truth",
    [
        b"",
        HEADER,
        TRUTH + b"00001.png,2\r\n",
        TRUTH + b"00004.png,x\r\n",
    ],
    ids=["empty", "no rows", "image twice", "no digit"],
)
def test_unusable_truth(graded, truth):
    with pytest.raises(ValueError, match="truth.csv"):
        graded(RIGHT, truth)


def run_score(*paths):
    return subprocess.run(
        [sys.executable, "-m", "training.scores.predictions", *map(str, paths)], capture_output=True, text=True
    )


def test_command_line(tmp_path):
    (tmp_path / "truth.csv").write_bytes(TRUTH)
    (tmp_path / "predictions.csv").write_bytes(RIGHT.replace(b"00001.png,2\n", b""))
    ended = run_score(tmp_path / "predictions.csv", tmp_path / "truth.csv")
    assert ended.returncode == 0 and ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "accuracy 75.00 % of 4 images",
        "per class 1: 100.0  2: 0.0  7: 100.0",
        "missing: 1 (00001.png)",
    ]


def test_command_line_says_what_is_wrong_in_one_line(tmp_path):
    ended = run_score(tmp_path / "none.csv", tmp_path / "none.csv")
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1 and "none.csv" in ended.stderr
