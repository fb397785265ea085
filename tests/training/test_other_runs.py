"""What a run takes from another run: which fit, and what a resumed one may change."""

import dataclasses
import json
import typing
from pathlib import Path

import pytest
import torch

from training.data.generated_digits import trained
from training.data.rebuilt_endoscopy import finished
from training.errors import RunError, UserError
from training.loop import pick_device, refuse_impossible
from training.methods.gan import stored_gan
from training.run_folder import FREE, RunFolder, finished_run
from training.systems import ROWS, SYSTEMS

CPU = torch.device("cpu")


def made_run(folder: Path, system: str, **checkpoint: str) -> Path:
    """A finished run of a row, as far as a reader of its folder sees before it builds the network."""
    row = SYSTEMS[system]
    settings = dataclasses.replace(row.settings, out=folder)
    run = RunFolder(folder)
    run.open(system, row.method.name, settings)
    run.save_best({"system": system, "network": "another", **checkpoint})
    run.save_state({"method": {}})
    run.finish()
    return folder


def test_no_path_of_a_row_reaches_its_checkpoints():
    """A checkpoint with a path in it is one that weights_only refuses to load."""
    paths = {
        name
        for row in ROWS
        for name, kind in typing.get_type_hints(type(row.settings)).items()
        if Path in (kind, *typing.get_args(kind))
    }
    assert {"out", "data", "gan", "codec", "imagenet_file"} <= paths <= FREE


@pytest.mark.parametrize(
    "flag, reader",
    [
        ("--autoencoder", lambda run: finished_run(run, "--autoencoder", "latent_restorer")),
        ("--codec", finished),
        ("--generator", trained),
        ("--gan", lambda run: stored_gan(dataclasses.replace(SYSTEMS["gan"].settings, gan=run), CPU)),
    ],
)
def test_a_run_of_another_row_or_of_none_is_refused_by_its_flag(tmp_path, flag, reader):
    for run in (made_run(tmp_path / "other", "linear_autoencoder"), tmp_path / "nothing"):
        with pytest.raises(RunError, match=flag):
            reader(run)


def test_an_unfinished_run_is_nothing_to_start_from(tmp_path):
    run = made_run(tmp_path / "run", "latent_restorer")
    assert finished_run(run, "--autoencoder", "latent_restorer")["system"] == "latent_restorer"
    (run / "done").unlink()
    with pytest.raises(RunError, match="not a finished run of latent_restorer or latent_denoiser"):
        finished_run(run, "--autoencoder", "latent_restorer", "latent_denoiser")


def test_a_gan_of_another_width_is_refused_by_its_number(tmp_path):
    run = made_run(tmp_path / "run", "gan_wide")
    with pytest.raises(RunError, match="was run with --generator-width 32: give --generator-width 32"):
        stored_gan(dataclasses.replace(SYSTEMS["acgan"].settings, gan=run), CPU)


def test_a_run_is_resumed_with_the_run_that_it_learns_from_wherever_that_lies(tmp_path):
    first, copy = (made_run(tmp_path / name, "endovae", seed=0) for name in ("first", "copy"))
    other = made_run(tmp_path / "other", "endovae", seed=1)
    system = SYSTEMS["rebuilt_detector"]
    settings = dataclasses.replace(system.settings, out=tmp_path / "detector", codec=first)
    run = RunFolder(settings.out)
    run.open(system.name, system.method.name, settings)
    run.save_state({"method": {}})
    resumed = dataclasses.replace(settings, resume=True)
    run.open(system.name, system.method.name, dataclasses.replace(resumed, codec=copy))
    for codec in (other, tmp_path / "nothing"):
        with pytest.raises(RunError, match="learned from another --codec"):
            run.open(system.name, system.method.name, dataclasses.replace(resumed, codec=codec))
    assert json.loads((settings.out / "settings.json").read_text())["codec"] == str(copy)


@pytest.mark.parametrize("number", [{"epochs": 0}, {"steps_per_epoch": 0}, {"batch": 0}, {"seed": -1}])
def test_a_number_too_small_for_any_run_is_refused_by_its_flag(number):
    refuse_impossible(SYSTEMS["vae"].settings)
    (name,) = number
    with pytest.raises(UserError, match=f"--{name.replace('_', '-')} .*: give"):
        refuse_impossible(dataclasses.replace(SYSTEMS["vae"].settings, **number))


def test_a_device_that_is_not_there_is_refused_by_name():
    assert pick_device("cpu") == CPU
    with pytest.raises(UserError, match="--device gpu"):
        pick_device("gpu")
