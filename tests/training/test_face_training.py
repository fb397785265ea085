"""Training of the face methods by command and in the loop, on cartoon faces. Learning itself is not tested here."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.networks import build_network
from tests.training.commands import command
from tests.training.killed_runs import killed_in_second_epoch
from training.data.face_split import load_faces
from training.errors import RunError
from training.loop import train
from training.methods.acgan import Acgan, AcganSettings
from training.methods.attribute_classifier import AttributeClassifierSettings
from training.methods.components_vae import ComponentsVaeSettings
from training.methods.dcgan import DcganSettings
from training.methods.faces import figure_noise
from training.methods.gan import Gan, GanSettings
from training.methods.paired_acgan import PairedAcganSettings
from training.methods.vae import VaeSettings
from training.run_folder import RunFolder, read_metrics
from training.systems import SYSTEMS

CPU = torch.device("cpu")
SHORT = dict(epochs=2, steps_per_epoch=3, batch=8, device="cpu", smoke=True)
SMALL_GAN = dict(noise_size=6, generator_width=2, discriminator_width=2)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small networks gain nothing from more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A finished run of each method by its name, the ACGAN's built on the GAN's."""
    root = tmp_path_factory.mktemp("runs")
    for name, settings in small_settings(root).items():
        train(SYSTEMS[name], dataclasses.replace(settings, out=root / name))
    return root


def small_settings(runs):
    return {
        "vae": VaeSettings(out=runs, latent_size=6, width=2, **SHORT),
        "components_vae": ComponentsVaeSettings(out=runs, latent_size=6, width=2, **SHORT),
        "dcgan": DcganSettings(out=runs, noise_size=6, width=2, **SHORT),
        "gan": GanSettings(out=runs, **SMALL_GAN, **SHORT),
        "acgan": AcganSettings(out=runs, gan=runs / "gan", **SMALL_GAN, **SHORT),
        "paired_acgan": PairedAcganSettings(out=runs, gan=runs / "gan", **SMALL_GAN, **SHORT),
        "attribute_classifier": AttributeClassifierSettings(out=runs, width=2, **SHORT),
    }


METHODS = list(small_settings(Path()))


def best(run):
    return torch.load(RunFolder(run).best, weights_only=True)


# The command line


def test_a_missing_attribute_stops_training_in_one_line(tmp_path):
    folder = tmp_path / "face" / "train"
    folder.mkdir(parents=True)
    Image.new("RGB", (64, 64)).save(folder / "00000.png")
    folder.with_suffix(".csv").write_text("image_name,Bangs\n00000.png,1\n")
    result = command("training", "gan", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "train.csv" in result.stderr and "Smiling" in result.stderr


# What a run leaves


@pytest.mark.parametrize("method", METHODS)
def test_a_checkpoint_rebuilds_its_network_also_in_float64(runs, method):
    stored = best(runs / method)
    network = build_network(stored).double()
    with torch.inference_mode():
        if method == "attribute_classifier":
            assert network(torch.zeros(2, 3, 64, 64, dtype=torch.float64)).shape == (2, 13)
        else:
            noise = stored["noise"].double()
            assert noise.shape == (32, network.noise_size)
            condition = [torch.ones(32)] if "acgan" in method else []
            images = network.sample(noise, *condition)
            assert images.shape == (32, 3, 64, 64) and images.dtype == torch.float64 and images.abs().max() <= 1
    assert stored["method"] == method
    assert stored["validation"]["epoch"] <= 2 and stored["settings"]["batch"] == 8
    assert not {"out", "data", "gan"} & stored["settings"].keys()


@pytest.mark.parametrize("method", [name for name in METHODS if name != "attribute_classifier"])
def test_each_epoch_leaves_a_picture(runs, method):
    pictures = sorted((runs / method / "samples").iterdir())
    assert [picture.name for picture in pictures] == ["0001.png", "0002.png"]
    assert Image.open(pictures[0]).width == 8 * 66 + 2


def test_noise_is_numpys_first_draws_from_the_seed(runs):
    expected = np.random.Generator(np.random.PCG64(0)).standard_normal(32 * 6).astype(np.float32).reshape(32, 6)
    assert np.array_equal(best(runs / "gan")["noise"].numpy(), expected)
    assert not torch.equal(figure_noise(6, seed=1), figure_noise(6, seed=0))


def test_the_kept_generator_is_the_average_with_statistics_of_its_own(runs):
    settings, state = small_settings(runs)["gan"], torch.load(runs / "gan" / "state.pth", weights_only=True)["method"]
    method = Gan(settings, CPU)
    method.load_state(state)
    method.end_epoch(load_faces(settings, CPU))
    kept, filters, mean = method.kept.state_dict(), "layers.4.0.weight", "layers.4.1.running_mean"
    assert torch.equal(kept[filters], state["average"][f"module.{filters}"])
    assert not torch.equal(kept[filters], state["generator"][filters])
    assert not torch.allclose(kept[mean], state["average"][f"module.{mean}"])


def test_the_baseline_starts_from_components_and_keeps_them(runs):
    settings = small_settings(runs)["components_vae"]
    method, data = SYSTEMS["components_vae"].method(settings, CPU), load_faces(settings, CPU)
    torch.manual_seed(settings.seed)
    SYSTEMS["components_vae"].method(
        settings, CPU
    )  # draws the weights, as the loop does before it draws for the components
    method.start(data)
    pixels = data.training.images.flatten(1) / 127.5 - 1
    assert torch.allclose(method.network.linear_decoder.bias, pixels.mean(dim=0), atol=1e-6)
    explained = pixels.sub(pixels.mean(dim=0)).matmul(method.network.linear_decoder.weight)
    overlap = torch.corrcoef(explained.T).fill_diagonal_(0)
    assert overlap.abs().max() < 0.05  # components are uncorrelated
    kept = best(runs / "components_vae")["state"]["linear_decoder.weight"]
    assert torch.equal(kept, method.network.linear_decoder.weight.half())


def test_a_start_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RunError, match="no-run"):
        Acgan(AcganSettings(out=tmp_path, gan=tmp_path / "no-run", **SMALL_GAN, **SHORT), CPU).start(None)


# Resuming


def tensors(value, name=""):
    """All tensors and numbers in nested dicts and lists, by path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else None
    if items is None:
        return {name: value}
    return {
        path: leaf
        for key, inner in items
        if key != "images_per_second"
        for path, leaf in tensors(inner, f"{name}/{key}").items()
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_run_resumes_to_the_same_bits(tmp_path, runs, method):
    killed = dataclasses.replace(small_settings(runs)[method], out=tmp_path / "killed")
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(SYSTEMS[method]), killed)
    assert len(read_metrics(killed.out)) == 1 and not (killed.out / "done").exists()
    train(SYSTEMS[method], dataclasses.replace(killed, resume=True))
    for file in ("best.pth", "state.pth"):
        expected, resumed = (tensors(torch.load(run / file, weights_only=True)) for run in (runs / method, killed.out))
        assert expected.keys() == resumed.keys()
        different = [name for name in expected if not equal(expected[name], resumed[name])]
        assert not different


def equal(one, other):
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def test_a_run_with_other_numbers_is_refused(runs):
    with pytest.raises(RunError, match="--generator_rate"):
        train(
            SYSTEMS["gan"],
            dataclasses.replace(small_settings(runs)["gan"], out=runs / "gan", generator_rate=1.0, resume=True),
        )


# Starting from another run


def test_a_gan_may_start_from_another_run(runs):
    settings = dataclasses.replace(small_settings(runs)["gan"], gan=runs / "gan", seed=5)
    method = Gan(settings, CPU)
    method.start(None)
    stored = torch.load(runs / "gan" / "state.pth", weights_only=True)["method"]
    for name in ("generator", "discriminator", "average"):
        state = method.parts[name].state_dict()
        assert all(torch.equal(state[key], value) for key, value in stored[name].items())


def test_a_checkpoint_records_the_one_it_started_from(runs):
    started_from = best(runs / "acgan")["started_from"]
    assert started_from["sha256"] == hashlib.sha256((runs / "gan" / "state.pth").read_bytes()).hexdigest()
    assert (started_from["system"], started_from["seed"], started_from["epoch"]) == ("gan", 0, 2)
    assert best(runs / "gan")["started_from"] is None


# ACGAN


def test_an_acgan_starts_with_the_gans_own_faces(runs):
    method, gan = Acgan(small_settings(runs)["acgan"], CPU), Gan(small_settings(runs)["gan"], CPU)
    method.start(None)
    gan.load_state(torch.load(runs / "gan" / "state.pth", weights_only=True)["method"])
    noise, smiling = torch.randn(4, 6), torch.tensor([0.0, 1.0, 0.0, 1.0])
    assert torch.allclose(method.generator.eval()(noise, smiling), gan.generator.eval()(noise), atol=1e-6)
    assert torch.allclose(method.average.module.eval()(noise, smiling), gan.average.module.eval()(noise), atol=1e-6)
    faces = torch.randn(4, 3, 64, 64)
    assert torch.allclose(method.discriminator.eval()(faces)[0], gan.discriminator.eval()(faces), atol=1e-6)
