"""What scorers and drawings say where none of the runs that they are given is theirs."""

import pytest

from tests.training.commands import command
from tests.training.run_folders import write_finished, write_of_another_method
from training.systems import SYSTEMS


@pytest.mark.parametrize("module", ["scores.brain", "scores.endoscopy", "drawing.brain", "drawing.endoscopy"])
def test_a_misspelt_run_and_one_of_another_method_are_refused_before_anything_is_read(tmp_path, module):
    for run in (tmp_path / "misspelt", write_of_another_method(tmp_path / "other")):
        result = command(f"training.{module}", run, "--data", tmp_path / "none")
        assert result.returncode == 2 and result.stderr.count("\n") == 1
        assert "finished run of" in result.stderr and not result.stdout


@pytest.mark.parametrize(
    "module, row",
    [
        ("digit_generators", "digit_gan"),
        ("digit_generators", "latent_denoiser"),
        ("pixelda", "pixelda"),
        ("autoencoders", "conv_denoiser"),
    ],
)
def test_two_runs_of_a_row_are_not_drawn_one_over_the_other(tmp_path, module, row):
    stored = {"system": row, "method": SYSTEMS[row].method.name, "seed": 0}
    settings = {"network": "convolutional", "task": "denoise", "noise": 0.5}
    runs = [write_finished(tmp_path / name, **stored, settings=settings) for name in ("first", "second")]
    result = command(f"training.drawing.{module}", *runs, "--data", tmp_path / "none", "--out", tmp_path / "out")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert result.stderr.endswith(f"{runs[0]} and {runs[1]} are both runs of {row}: give one of them\n")
    assert not (tmp_path / "out").exists()
