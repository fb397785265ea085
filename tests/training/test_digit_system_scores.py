"""Scores and pictures of autoencoders, 50 labels and digit generators, through their commands."""

import dataclasses
import importlib
import json
import statistics

import pytest
import torch
import tyro
from PIL import Image

from inference.networks import build_network
from tests.training.mnist_like import write_mnist
from training.augment.digits import to_float
from training.data.generated_digits import paint
from training.data.mnist import read_grey, read_labelled_grey
from training.loop import train
from training.measures.digit_judge import DigitJudge
from training.measures.digit_neighbours import nearest, same
from training.run_folder import RunFolder
from training.scores import digit_generators, midpoints
from training.systems import SYSTEMS

SMALL = {"digit_judge": dict(width=4), "digits_of_generator": dict(width=4)}
GANS = ("digit_gan", "digit_gan_conditional")
RUNS = (
    "linear_autoencoder",
    "conv_denoiser",
    "latent_denoiser",
    "transfer_layer_frozen",
    "transfer_layer_frozen_1",
    "transfer_unlabelled",
    "digit_judge",
    "digits_of_generator",
    *GANS,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("hw3_data"), train=240, test=60)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A finished run of a few steps for each of RUNS; those that end in _1 have seed 1."""
    root = tmp_path_factory.mktemp("runs")
    for name in RUNS:
        row, seed = name.removesuffix("_1"), int(name.endswith("_1"))
        small = dict(generator_width=8, discriminator_width=4) if row in GANS else SMALL.get(row, {})
        train(
            SYSTEMS[row],
            dataclasses.replace(SYSTEMS[row].settings, out=root / name, seed=seed, smoke=True, device="cpu", **small),
        )
    return root


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(digit_generators, "SAMPLES", 200)
    monkeypatch.setattr(midpoints, "PAIRS", 40)


def command(module, *arguments):
    """Runs a command of training in this process."""
    tyro.cli(importlib.import_module(f"training.{module}").main, args=list(map(str, arguments)))


def scores_of(family, runs, data, tmp_path):
    """What the family's command writes: its JSON and its table."""
    command(
        f"scores.{family}",
        *sorted(runs.iterdir()),
        "--data",
        data,
        "--scores",
        tmp_path / "new" / "scores.json",
        "--table",
        tmp_path / "new" / "results.md",
    )
    return json.loads((tmp_path / "new" / "scores.json").read_text()), (tmp_path / "new" / "results.md").read_text()


def test_autoencoders_stand_beside_what_needs_no_network(runs, data, tmp_path, monkeypatch):
    monkeypatch.setattr("training.scores.autoencoders.PCA_NUMBERS", (15, 135))
    scores, table = scores_of("autoencoders", runs, data, tmp_path)
    found = {(entry["model"], entry["size"]): entry for entry in scores}
    clean = to_float(read_grey(data, "test", 28))
    network = build_network(RunFolder(runs / "linear_autoencoder").load_best())
    with torch.no_grad():
        error = (network(clean) - clean).square().mean().item()
    assert found["linear_autoencoder", 28]["mse"] == pytest.approx(error, rel=1e-4)
    assert found["pca_135", 28]["mse"] < found["pca_15", 28]["mse"] < clean.var()
    assert found["noisy", 28]["psnr"] < found["linear_filter", 28]["psnr"]
    assert found["conv_denoiser_one_answer", 28]["mse"] != found["conv_denoiser", 28]["mse"]
    assert ("linear_autoencoder_one_answer", 28) not in found
    assert (found["conv_denoiser", 28]["numbers"], found["conv_denoiser", 28]["places"]) == (135, 270)
    assert found["latent_denoiser", 32]["noise"] == 0.35
    assert "| linear autoencoder | 223,391 | 15 |  |" in table and "standard deviation 0.5, 28x28" in table


def test_another_runs_scores_stay_in_the_file(runs, data, tmp_path):
    for name in ("transfer_layer_frozen", "transfer_layer_frozen_1"):
        command("scores.few_labels", runs / name, "--data", data, "--scores", tmp_path / "scores.json")
    assert [entry["seed"] for entry in json.loads((tmp_path / "scores.json").read_text())] == [0, 1]


def test_draws_on_another_encoder_are_a_row_of_their_own(runs, data, tmp_path):
    """Also where row and seed are the same; the file keeps those of both."""
    scores, settings = tmp_path / "scores.json", SYSTEMS["transfer_layer_frozen"].settings
    on_denoiser = dataclasses.replace(
        settings, out=tmp_path / "on_denoiser", autoencoder=runs / "latent_denoiser", smoke=True, device="cpu"
    )
    train(SYSTEMS["transfer_layer_frozen"], on_denoiser)
    for run in (runs / "transfer_layer_frozen", tmp_path / "on_denoiser"):
        table = tmp_path / "table.md"
        command("scores.few_labels", run, "--data", data, "--scores", scores, "--table", table)
    assert [entry["encoder"] for entry in json.loads(scores.read_text())] == ["latent_denoiser", None]
    assert "| one layer, encoder frozen (latent denoiser) | 1 |" in table.read_text()
    assert "| one layer, encoder frozen | 1 |" in table.read_text()


def test_draws_of_50_labels_are_averaged(runs, data, tmp_path):
    scores, table = scores_of("few_labels", runs, data, tmp_path)
    frozen = [entry for entry in scores if entry["system"] == "transfer_layer_frozen"]
    test = read_labelled_grey(data, "test", 32)
    network = build_network(RunFolder(runs / "transfer_layer_frozen").load_best())
    with torch.no_grad():
        right = network(to_float(test.images)).argmax(1) == test.labels
    assert frozen[0]["test"] == pytest.approx(100 * right.float().mean().item())
    assert frozen[0]["recall"][3] == pytest.approx(100 * right[test.labels == 3].float().mean().item(), abs=0.01)
    training, mean = (statistics.mean(entry[name] for entry in frozen) for name in ("training", "test"))
    assert f"| one layer, encoder frozen | 2 | {training:.1f} | {mean:.1f} |" in table
    assert "mean teacher on the unlabelled images | 1 |" in table


def test_accuracy_on_the_50_is_of_the_scored_network_on_the_images_as_they_are(runs, data, tmp_path):
    """The mean teacher validates another network on distorted ones."""
    scores, _ = scores_of("few_labels", runs, data, tmp_path)
    training = {entry["system"]: entry["training"] for entry in scores if entry["seed"] == 0}
    stored = RunFolder(runs / "transfer_layer_frozen").load_best()
    assert training["transfer_layer_frozen"] == pytest.approx(stored["validation"]["training_accuracy"])
    settings = dataclasses.replace(SYSTEMS["transfer_unlabelled"].settings, smoke=True)
    fifty = SYSTEMS["transfer_unlabelled"].load(settings, torch.device("cpu")).source
    network = build_network(RunFolder(runs / "transfer_unlabelled").load_best())
    with torch.no_grad():
        right = network(to_float(fifty.images)).argmax(1) == fifty.labels
    assert training["transfer_unlabelled"] == pytest.approx(100 * right.float().mean().item())


def test_generators_are_judged(runs, data, tmp_path):
    scores, table = scores_of("digit_generators", runs, data, tmp_path)
    plain, conditional = scores["scores"]
    assert plain["agreed"] is None and len(conditional["agreed"]) == 10 and sum(plain["shares"]) == pytest.approx(100)
    judge = DigitJudge(RunFolder(runs / "digit_judge").load_best())
    test = read_labelled_grey(data, "test", 32)
    right = judge.labels(test.images) == test.labels
    assert scores["reference"]["judged"] == pytest.approx(100 * right.float().mean().item())
    assert scores["reference"]["frechet"] >= 0 and scores["reference"]["taught"] is not None
    assert scores["reference"]["midpoints"] and plain["midpoints"] and conditional["midpoints"] is None
    lost = min(plain["shares"]) < 2
    assert ("| GAN | collapsed |" in table) == lost
    gan_alone = [runs / name for name in ("digit_judge", "digit_gan")]
    command("scores.digit_generators", *gan_alone, "--data", data, "--scores", tmp_path / "new" / "scores.json")
    assert json.loads((tmp_path / "new" / "scores.json").read_text())["reference"] == scores["reference"]


@pytest.mark.parametrize(
    "family, runs_given, reason",
    [
        ("autoencoders", ["digit_judge"], "no finished run of an autoencoder"),
        ("few_labels", ["digit_judge"], "no finished run of a row of 50 labels"),
        ("digit_generators", ["digit_gan"], "none of the runs is of digit_judge"),
    ],
)
def test_runs_that_cannot_be_scored_end_in_one_line(runs, data, capsys, family, runs_given, reason):
    with pytest.raises(SystemExit) as ended:
        command(f"scores.{family}", *(runs / name for name in runs_given), "--data", data)
    message = capsys.readouterr().err
    assert ended.value.code == 2 and message.count("\n") == 1 and reason in message


def test_every_picture_is_drawn(runs, data, tmp_path):
    for family in ("autoencoders", "few_labels", "digit_generators"):
        arguments = () if family == "few_labels" else ("--data", data)
        command(f"drawing.{family}", *sorted(runs.iterdir()), *arguments, "--out", tmp_path / family)
    drawn = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.png")}
    generators = {f"{row}_{what}" for row in GANS for what in ("losses", "epochs")} | {
        "reconstructions",
        "interpolations",
        "digit_gan_conditional_digits",
        "digit_gan_conditional_25",
    }
    autoencoders = {"reconstruct", "denoise_0.5", "denoise_0.35", "curves"}
    assert drawn == {f"digit_generators/{name}.png" for name in generators} | {
        f"autoencoders/{name}.png" for name in autoencoders
    } | {"few_labels/curves.png"}
    assert all(len(set(Image.open(file).convert("L").tobytes())) > 20 for file in tmp_path.rglob("*.png"))


def test_copies_and_repeats_are_counted(data):
    training = read_grey(data, "train", 32)
    samples = torch.cat([training[:2], training[5:6], training[5:6], 255 - training[9:10]])
    assert same(nearest(samples, training)) == 4 and same(nearest(samples)) == 2


def test_generated_digits_carry_the_labels_that_were_asked_for(runs):
    generator = build_network(RunFolder(runs / "digit_gan_conditional").load_best())
    digits = paint(generator, 25)
    assert digits.labels.tolist() == [row % 10 for row in range(25)] and digits.images.dtype == torch.uint8
    assert torch.equal(digits.images, paint(generator, 25).images)
