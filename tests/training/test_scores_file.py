"""What every scoring command does with the file of --scores."""

from dataclasses import dataclass

import pytest

from tests.training.commands import command
from training.errors import DataError
from training.scores.command import run_key, table_order, together

SCORERS = (
    "autoencoders",
    "brain",
    "digit_generators",
    "digits",
    "endoscopy",
    "faces",
    "few_labels",
    "photos",
    "pixelda",
)


@dataclass(frozen=True)
class Entry:
    system: str
    seed: int
    test: float


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_file_that_holds_no_scores_is_refused_and_kept(tmp_path, scorer):
    """Before anything is measured."""
    scores = tmp_path / "scores.json"
    judge = ("--judge", tmp_path / "judge") if scorer == "pixelda" else ()
    for text in ("no JSON", '[{"methods": "dann"}]', '{"run": 1}'):
        scores.write_text(text)
        result = command(f"training.scores.{scorer}", tmp_path / "run", "--scores", scores, *judge)
        assert result.returncode == 2 and result.stderr.count("\n") == 1
        assert result.stderr.startswith(f"scores: {scores} does not hold scores of this program")
        assert scores.read_text() == text


def test_a_new_entry_takes_the_place_of_its_old_one():
    earlier = [Entry("vae", 0, 1.0), Entry("gan", 0, 2.0), Entry("gan", 1, 3.0)]
    new = [Entry("dcgan", 0, 4.0), Entry("gan", 0, 5.0)]
    assert together(earlier, new, run_key) == [earlier[0], new[1], earlier[2], new[0]]
    assert together(earlier, [], run_key) == earlier
    assert together([], new, run_key) == new


def test_two_new_entries_of_one_key_both_stay():
    twins = [Entry("vae", 0, 1.0), Entry("vae", 0, 2.0)]
    assert together([Entry("vae", 0, 3.0)], twins, run_key) == twins


def test_entries_are_sorted_as_the_rows_are_and_of_no_row_is_refused():
    entries = [Entry("gan", 1, 0.0), Entry("gan", 0, 0.0), Entry("vae", 0, 0.0)]
    assert sorted(entries, key=table_order) == [entries[2], entries[1], entries[0]]
    with pytest.raises(DataError, match="scores of gone, which is no row"):
        table_order(Entry("gone", 0, 0.0))
