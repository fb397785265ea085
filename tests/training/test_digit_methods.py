"""What a step of the autoencoders, of transfer and of the digit GANs does."""

import dataclasses

import pytest
import torch

from tests.training.killed_runs import killed_in_second_epoch
from tests.training.mnist_like import write_mnist
from training.__main__ import main
from training.data.mnist import load_unlabelled, smoke_digits
from training.loop import train
from training.methods.autoencoder import noisy
from training.methods.digit_gan import variance_within
from training.run_folder import RunFolder, read_metrics
from training.systems import SYSTEMS

CPU = torch.device("cpu")
SMALL = {"digit_gan_conditional": dict(generator_width=4, discriminator_width=4), "digit_judge": dict(width=4)}


def short(row, out, **changes):
    return dataclasses.replace(SYSTEMS[row].settings, out=out, device="cpu", smoke=True, **SMALL.get(row, {}) | changes)


def method_of(row, **changes):
    """The row's method with random weights, seeded."""
    torch.manual_seed(0)
    method = SYSTEMS[row].method(dataclasses.replace(SYSTEMS[row].settings, smoke=True, **changes), CPU)
    method.seed(0)
    return method


def test_noise_has_the_deviation_asked_for_and_stays_in_range():
    random = torch.Generator().manual_seed(0)
    grey = noisy(torch.full((1, 1, 200, 200), 0.5), 0.1, random)
    assert abs(grey.std().item() - 0.1) < 0.002
    assert noisy(torch.zeros(1, 1, 50, 50), 0.5, random).min() == 0


@pytest.mark.parametrize("row, changed", [("linear_autoencoder", False), ("linear_denoiser", True)])
def test_only_a_denoiser_is_given_noise(row, changed):
    clean = torch.rand(4, 1, 28, 28)
    assert torch.equal(method_of(row).given(clean), clean) != changed


@pytest.mark.parametrize("row, moved", [("latent_denoiser", False), ("latent_restorer", True)])
def test_only_a_restorer_is_given_digits_that_lie_elsewhere(row, moved):
    clean = smoke_digits(32).images[:4] / 255
    given = method_of(row, noise=0.0).given(clean)
    assert ((given - clean).abs().mean() > 0.01) == moved


def test_a_denoiser_learns_the_clean_image():
    """Its error on held-out digits falls below the noise's own."""
    method = method_of("linear_denoiser", epochs=1, steps_per_epoch=150, noise=0.5)
    data = load_unlabelled(method.settings, CPU, 28)
    losses = [method.update(*batch)["mse"] for batch in data.batches(method.settings, seed=0)]
    clean = data.validation / 255
    given = method.given(clean)
    with torch.no_grad():
        error = (method.network(given) - clean).square().mean()
    assert losses[-1] < losses[0] / 2 and error < (given - clean).square().mean() / 2


@pytest.mark.parametrize("row, learns", [("transfer_layer_frozen", False), ("transfer_mlp_trained", True)])
def test_the_encoder_learns_only_where_it_is_trained_along(row, learns):
    method, digits = method_of(row), smoke_digits(32)
    before = {name: value.clone() for name, value in method.network.state_dict().items()}
    method.update(digits.images[:50], digits.labels[:50])
    after = method.network.state_dict()
    changed = {name.split(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == ({"encoder", "head"} if learns else {"head"})


def test_transfer_starts_from_the_denoisers_encoder(tmp_path):
    train(SYSTEMS["latent_denoiser"], short("latent_denoiser", tmp_path / "denoiser"))
    settings = short("transfer_layer_frozen", tmp_path / "transfer", autoencoder=tmp_path / "denoiser")
    train(SYSTEMS["transfer_layer_frozen"], settings)
    denoiser, stored = RunFolder(tmp_path / "denoiser").load_best(), RunFolder(tmp_path / "transfer").load_best()
    assert stored["started_from"]["system"] == "latent_denoiser"
    encoder = {name: value for name, value in stored["state"].items() if name.startswith("encoder.")}
    assert len(encoder) > 10 and all(torch.equal(value, denoiser["state"][name]) for name, value in encoder.items())


@pytest.mark.parametrize(
    "row, what", [("transfer_mlp_frozen", "--autoencoder"), ("digits_of_generator", "--generator")]
)
def test_a_run_without_the_run_that_it_builds_on_ends_in_one_line(tmp_path, capsys, row, what):
    data = tmp_path / "data"
    write_mnist(data, test=1)
    with pytest.raises(SystemExit) as ended:
        main([row, "--data", str(data), "--out", str(tmp_path / "run")])
    message = capsys.readouterr().err
    assert ended.value.code == 2 and message.count("\n") == 1 and f"give {what}" in message


def test_both_networks_of_a_conditional_gan_learn_in_a_step():
    method, digits = method_of("digit_gan_conditional", **SMALL["digit_gan_conditional"]), smoke_digits(32)
    before = {name: next(method.parts[name].parameters()).clone() for name in ("generator", "discriminator")}
    losses = method.update(digits.images[:16], digits.labels[:16])
    assert {"discriminator_loss", "generator_loss", "discriminator_accuracy"} == losses.keys()
    assert all(not torch.equal(next(method.parts[name].parameters()), value) for name, value in before.items())


def test_a_conditional_generator_that_paints_one_image_a_digit_has_collapsed():
    """Its samples vary, between digits; within each they do not."""
    digits = smoke_digits(32)
    one_each = torch.rand(10, 1, 32, 32)[digits.labels]
    assert variance_within(one_each, torch.zeros_like(digits.labels)) > 0.05
    assert variance_within(one_each, digits.labels) == 0
    assert variance_within(digits.images / 255, digits.labels) > 0.01


def without_speed(metrics):
    return [{name: value for name, value in epoch.items() if name != "images_per_second"} for epoch in metrics]


@pytest.mark.parametrize("row", ["linear_denoiser", "transfer_mlp_trained", "digit_gan_conditional", "digit_judge"])
def test_a_killed_run_resumes_to_the_same_result(tmp_path, row):
    whole, killed = short(row, tmp_path / "whole"), short(row, tmp_path / "killed")
    train(SYSTEMS[row], whole)
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(SYSTEMS[row]), killed)
    train(SYSTEMS[row], dataclasses.replace(killed, resume=True))
    assert without_speed(read_metrics(killed.out)) == without_speed(read_metrics(whole.out))
    states = [RunFolder(settings.out).load_best()["state"] for settings in (whole, killed)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
