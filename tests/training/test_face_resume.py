"""Runs of the face methods that go on after their end, on cartoon faces."""

import dataclasses

import pytest
import torch

from tests.training.face_runs import write_faces
from training.errors import RunError
from training.loop import train
from training.methods.attribute_classifier import AttributeClassifierSettings
from training.methods.gan import GanSettings
from training.run_folder import RunFolder, read_metrics
from training.systems import SYSTEMS


def test_an_open_ended_run_goes_on_after_its_end_as_if_it_had_not_ended(tmp_path):
    whole = GanSettings(
        epochs=3,
        steps_per_epoch=3,
        batch=8,
        noise_size=6,
        generator_width=2,
        discriminator_width=2,
        device="cpu",
        bf16=False,
        out=tmp_path / "whole",
        data=write_faces(tmp_path),
    )
    short = dataclasses.replace(whole, epochs=1, out=tmp_path / "short")
    train(SYSTEMS["gan"], whole)
    train(SYSTEMS["gan"], short)
    assert (short.out / "done").exists() and len(read_metrics(short.out)) == 1
    train(SYSTEMS["gan"], dataclasses.replace(short, epochs=3, resume=True))
    assert (short.out / "done").exists() and len(read_metrics(short.out)) == 3
    expected, resumed = (RunFolder(run.out).load_best()["state"] for run in (whole, short))
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


def test_a_run_with_a_planned_learning_rate_gets_no_more_epochs(tmp_path):
    settings = AttributeClassifierSettings(out=tmp_path, epochs=1)
    RunFolder(tmp_path).open("attribute_classifier", "attribute_classifier", settings)
    RunFolder(tmp_path).save_state({})
    with pytest.raises(RunError, match="--epochs 1, not 2"):
        RunFolder(tmp_path).open(
            "attribute_classifier", "attribute_classifier", dataclasses.replace(settings, epochs=2, resume=True)
        )
