"""Which epoch of a GAN is kept: the one whose samples come nearest to held-out faces."""

import dataclasses

import pytest
import torch

from training.augment.images import signed
from training.data.face_split import load_faces
from training.loop import train
from training.measures.face_features import DistanceToFaces
from training.methods.acgan import Acgan, AcganSettings
from training.methods.dcgan import Dcgan, DcganSettings
from training.methods.gan import Gan, GanSettings
from training.methods.paired_acgan import PairedAcgan, PairedAcganSettings
from training.run_folder import RunFolder, read_metrics
from training.systems import SYSTEMS

CPU = torch.device("cpu")
SHORT = dict(epochs=3, steps_per_epoch=1, batch=8, device="cpu", bf16=False)
SMALL = dict(noise_size=6, generator_width=2, discriminator_width=2)
SMALL_METHODS = {
    "gan": (Gan, GanSettings(**SMALL, **SHORT)),
    "dcgan": (Dcgan, DcganSettings(noise_size=6, width=2, **SHORT)),
    "acgan": (Acgan, AcganSettings(**SMALL, **SHORT)),
    "paired_acgan": (PairedAcgan, PairedAcganSettings(**SMALL, **SHORT)),
}


@pytest.fixture(scope="module")
def faces():
    return load_faces(dataclasses.replace(SMALL_METHODS["gan"][1], smoke=True), CPU)


def test_faces_are_nearer_to_faces_than_noise_is(faces):
    distance = DistanceToFaces(faces.validation.images)
    itself = distance(signed(faces.validation.images))
    others = distance(signed(faces.training.images[:15]))
    noise = distance(torch.rand(15, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1)
    assert abs(itself) < 1e-3 < others < noise


@pytest.mark.parametrize("name", SMALL_METHODS)
def test_the_kept_epoch_is_the_nearest(tmp_path, faces, name):
    method, settings = SMALL_METHODS[name]
    row = dataclasses.replace(SYSTEMS[name], settings=settings, load=lambda *_: faces)
    train(row, dataclasses.replace(settings, out=tmp_path / "run"))
    metrics = read_metrics(tmp_path / "run")
    assert method.choice == "minus_frechet" and all(epoch["minus_frechet"] == -epoch["frechet"] for epoch in metrics)
    kept = RunFolder(tmp_path / "run").load_best()["validation"]
    assert kept["frechet"] == min(epoch["frechet"] for epoch in metrics)


def test_epochs_are_measured_with_the_same_noise(faces):
    method = Gan(SMALL_METHODS["gan"][1], CPU)
    distances = []
    for seed in (1, 2):
        method.seed(7)  # the batch statistics are drawn from the epoch's seed
        method.end_epoch(faces)
        method.seed(seed)
        distances.append(method.validate(faces)["frechet"])
    assert distances[0] == distances[1]


def test_dcgan_has_the_homeworks_numbers():
    settings = SYSTEMS["dcgan"].settings
    assert (settings.learning_rate, settings.beta1, settings.batch) == (2e-4, 0.5, 128)
    method = Dcgan(dataclasses.replace(settings, device="cpu"), CPU)
    for network, channels in (
        (method.generator, [512, 256, 128, 64, 3]),
        (method.discriminator, [64, 128, 256, 512, 1]),
    ):
        layers = [
            layer for layer in network.modules() if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d))
        ]
        assert [layer.out_channels for layer in layers] == channels
        assert all(
            layer.kernel_size == (4, 4) and layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            for layer in layers
        )
