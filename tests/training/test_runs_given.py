"""What scorers and drawings say where none of the runs that they are given is theirs."""

import pytest

from tests.training.commands import command
from tests.training.run_folders import write_of_another_method


@pytest.mark.parametrize("module", ["scores.brain", "scores.endoscopy", "drawing.brain", "drawing.endoscopy"])
def test_a_misspelt_run_and_one_of_another_method_are_refused_before_anything_is_read(tmp_path, module):
    for run in (tmp_path / "misspelt", write_of_another_method(tmp_path / "other")):
        result = command(f"training.{module}", run, "--data", tmp_path / "none")
        assert result.returncode == 2 and result.stderr.count("\n") == 1
        assert "finished run of" in result.stderr and not result.stdout
