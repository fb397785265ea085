"""ADDA's own parts: where it starts, who learns from what, and that swapped classes end a run."""

import dataclasses

import pytest
import torch

from tests.training.commands import command
from tests.training.killed_runs import killed_in_second_epoch
from training.errors import RunError, TrainingCollapsed
from training.loop import train
from training.measures.collapse import GRACE, check_classes
from training.methods.adda import Adda, AddaSettings
from training.run_folder import RunFolder
from training.systems import SYSTEMS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def source_run(tmp_path_factory):
    return smoke("source_augmented_svhn_usps", tmp_path_factory.mktemp("runs") / "source")


def smoke(row, out, **changes):
    system = SYSTEMS[row]
    train(system, dataclasses.replace(system.settings, out=out, smoke=True, device="cpu", **changes))
    return out


@pytest.fixture
def method(tmp_path):
    torch.manual_seed(0)
    settings = AddaSettings(
        source="svhn",
        target="usps",
        out=tmp_path,
        channels=(4, 8, 12, 24, 48),
        smoke=True,
        device="cpu",
        epochs=10,
        steps_per_epoch=10,
        batch=16,
        learning_rate=1e-2,
        warm_up=0.1,
    )
    method = Adda(settings, CPU)
    method.start(None)
    method.seed(0)
    return method


def images(seed):
    return torch.randint(0, 256, (16, 3, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def weights(network):
    return {name: value.clone() for name, value in network.named_parameters()}


def test_a_run_starts_from_another_and_says_so(source_run, tmp_path):
    adapted = RunFolder(smoke("adda_svhn_usps", tmp_path / "run", source_run=source_run)).load_best()
    assert adapted["started_from"] == RunFolder(source_run).origin()
    first, now = RunFolder(source_run).load_best()["state"], adapted["state"]
    assert torch.equal(first["label_head.1.weight"], now["label_head.1.weight"])  # the classifier stays
    drift = (first["feature_extractor.1.0.weight"] - now["feature_extractor.1.0.weight"]).abs().max()
    assert 0 < drift < 1e-3  # the encoder begins as the source's


def test_a_killed_run_resumes_to_the_same_result(source_run, tmp_path):
    """Encoders, discriminator and both optimisers are taken up again; the first run is not asked for twice."""
    whole, row = smoke("adda_svhn_usps", tmp_path / "whole", source_run=source_run), SYSTEMS["adda_svhn_usps"]
    settings = dataclasses.replace(
        row.settings, out=tmp_path / "killed", smoke=True, device="cpu", source_run=source_run
    )
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(row), settings)
    train(row, dataclasses.replace(settings, source_run=tmp_path / "gone", resume=True))
    first, second = (RunFolder(run).load_state(CPU)["method"] for run in (whole, tmp_path / "killed"))
    assert first["started_from"] == second["started_from"]
    for part in ("modules", "discriminator", "average"):
        assert all(torch.equal(value, second[part][name]) for name, value in first[part].items())


@pytest.mark.parametrize("row", ["adda_mnistm_svhn", "adda_svhn_mnistm"])  # another source; the same, another target
def test_it_starts_from_no_other_scenario(source_run, tmp_path, row):
    result = command("training", row, "--smoke", "--source-run", source_run, "--out", tmp_path / "run")
    needed = row.replace("adda", "source_augmented")
    reason = f"is a run of source_augmented_svhn_usps: give one of {needed}"
    assert result.returncode == 2 and reason in result.stderr and result.stderr.count("\n") == 1


def test_it_starts_from_no_other_row_of_its_scenario(tmp_path):
    """Source only, whose encoder was not trained on images like these, has the same network and scenario."""
    other = smoke("source_only_svhn_usps", tmp_path / "source")
    result = command("training", "adda_svhn_usps", "--smoke", "--source-run", other, "--out", tmp_path / "run")
    reason = "is a run of source_only_svhn_usps: give one of source_augmented_svhn_usps"
    assert result.returncode == 2 and reason in result.stderr and result.stderr.count("\n") == 1


def test_it_starts_from_no_network_of_another_width(source_run):
    settings = dataclasses.replace(SYSTEMS["adda_svhn_usps"].settings, source_run=source_run, channels=(1, 2, 3, 4, 5))
    with pytest.raises(RunError, match=r"has channels .*, not \[1, 2, 3, 4, 5\]"):
        Adda(settings, CPU).start(None)


def test_without_a_run_to_start_from_it_says_which():
    with pytest.raises(RunError, match="--source-run.*source_augmented_svhn_usps"):
        Adda(SYSTEMS["adda_svhn_usps"].settings, CPU).start(None)


def test_the_target_s_encoder_alone_learns_from_the_discriminator(method):
    source, network = weights(method.source), weights(method.network)
    for _ in range(2):
        method.update(images(0), torch.arange(16) % 10, images(1))
    now = weights(method.network)
    assert all(torch.equal(source[name], value) for name, value in weights(method.source).items())
    assert all(torch.equal(network[name], now[name]) == name.startswith("label_head") for name in now)


def test_the_encoder_learns_to_be_taken_for_the_source(method):
    """Against a discriminator that stands still, its loss falls; the other way round it would rise."""
    for _ in range(10):
        method.update(images(0), torch.arange(16) % 10, images(1))  # the discriminator learns something first
    for group in method.discriminator_optimiser.param_groups:
        group["lr"] = 0.0
    losses = [method.update(images(0), torch.arange(16) % 10, images(1))["encoder_loss"] for _ in range(20)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


HEALTHY = {"epoch": GRACE + 1, "read_as_at_first": 80.0, "most_frequent_digit": 20.0}


def test_swapped_and_merged_classes_are_told_in_one_line():
    check_classes(HEALTHY)
    check_classes(HEALTHY | {"epoch": GRACE, "read_as_at_first": 5.0})
    for seen, complaint in (
        ({"read_as_at_first": 30.0}, "30 % .* read as at first.*swapped"),
        ({"most_frequent_digit": 60.0}, "60 % .* as one digit"),
    ):
        with pytest.raises(TrainingCollapsed, match=complaint) as error:
            check_classes(HEALTHY | seen)
        assert "\n" not in str(error.value)


def test_an_encoder_that_swaps_classes_ends_the_run(monkeypatch, source_run, tmp_path):
    """The whole way: from the target's images through the epoch's metrics to the refusal."""

    class Swapping(Adda):
        def end_epoch(self, data):
            super().end_epoch(data)
            self.kept.label_head[1].weight.data = self.kept.label_head[1].weight.data.roll(1, 0)
            self.kept.label_head[1].bias.data = self.kept.label_head[1].bias.data.roll(1, 0)

    monkeypatch.setattr("training.measures.collapse.GRACE", 0)
    row = SYSTEMS["adda_svhn_usps"]
    settings = dataclasses.replace(row.settings, out=tmp_path / "run", smoke=True, device="cpu", source_run=source_run)
    with pytest.raises(TrainingCollapsed, match="classes are swapped"):
        train(dataclasses.replace(row, method=Swapping), settings)
