"""No table in README, docs or figures/ may say anything else than the JSON that the scoring commands wrote."""

import pytest

from training.release import ROOT
from training.scores import tables


@pytest.mark.parametrize("name", tables.TABLES)
def test_a_table_file_is_what_its_scores_give(name):
    assert (ROOT / name).read_text() == tables.TABLES[name](), "run python3 -m training.scores.tables"


@pytest.mark.parametrize("page", tables.pages(), ids=lambda page: page.name)
def test_a_page_shows_its_tables_as_they_are(page):
    assert page.read_text() == tables.up_to_date(page.read_text()), "run python3 -m training.scores.tables"


def test_a_damaged_file_of_scores_is_one_line(tmp_path, monkeypatch, capsys):
    scores = tmp_path / "figures" / "digits" / "scores.json"
    scores.parent.mkdir(parents=True)
    scores.write_text('[{"method": ')
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    with pytest.raises(SystemExit) as end:
        tables.main()
    said = capsys.readouterr().err
    assert end.value.code == 2 and said.startswith(f"tables: {scores} does not hold scores") and said.count("\n") == 1


def test_a_page_that_disagrees_is_noticed():
    page = "before\n<!-- from figures/digits/summary.md -->\n| 99.9 |\n<!-- end -->\nafter\n"
    mended = tables.up_to_date(page)
    assert "99.9" not in mended and "mean teacher" in mended
    assert (
        mended.startswith("before\n")
        and mended.endswith("<!-- end -->\nafter\n")
        and tables.up_to_date(mended) == mended
    )
