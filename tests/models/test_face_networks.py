"""Shapes, ranges and wiring of the face networks; what they learn is measured elsewhere."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from models.acgan import ConditionalDiscriminator, ConditionalGenerator
from models.attribute_classifier import AttributeClassifier
from models.components_vae import ComponentsVae
from models.dcgan import DcganDiscriminator, DcganGenerator
from models.gan import Discriminator, Generator
from models.vae import Vae

IMAGES = torch.rand(3, 3, 64, 64) * 2 - 1


def assert_images(images, count):
    assert images.shape == (count, 3, 64, 64)
    assert images.abs().max() <= 1 and images.std() > 0


@pytest.mark.parametrize(
    "network",
    [
        Generator(7, width=2),
        ConditionalGenerator(7, width=2),
        AttributeClassifier(width=4, attributes=5, dropout=0.1),
        Vae(latent_size=9, width=2),
        ComponentsVae(latent_size=9, width=2),
        DcganGenerator(7, width=2),
    ],
    ids=lambda network: type(network).__name__,
)
def test_arguments_rebuild_the_network(network):
    type(network)(**network.arguments).load_state_dict(network.state_dict())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_generators_paint_images(dtype):
    noise = torch.randn(3, 7, dtype=dtype)
    images = Generator(7, width=2).to(dtype).eval()(noise)
    assert_images(images, 3)
    assert images.dtype == dtype
    assert_images(ConditionalGenerator(7, width=2).to(dtype).eval()(noise, torch.tensor([0.0, 1.0, 1.0])), 3)


def test_the_attribute_changes_the_image():
    torch.manual_seed(0)
    generator, noise = (
        ConditionalGenerator(7, width=4).eval(),
        torch.randn(3, 7),
    )  # at 2, rectifiers may let nothing pass
    off, on = generator(noise, torch.zeros(3)), generator(noise, torch.ones(3))
    assert not torch.allclose(off, on)
    assert torch.equal(on, generator(noise, torch.ones(3, dtype=torch.bool)))


def test_discriminators_judge_each_image():
    assert Discriminator(width=2)(IMAGES).shape == DcganDiscriminator(width=2)(IMAGES).shape == (3,)
    assert ConditionalDiscriminator(width=2, attributes=13)(IMAGES)[1].shape == (3, 13)
    assert [logits.shape for logits in ConditionalDiscriminator(width=2)(IMAGES)] == [(3,), (3,)]


@pytest.mark.parametrize(
    "discriminator",
    [Discriminator(width=2), ConditionalDiscriminator(width=2)],
    ids=lambda network: type(network).__name__,
)
def test_spectral_norm_is_on_wherever_realness_is_judged(discriminator):
    for _ in range(30):  # in training mode, each forward pass improves the norm's estimate
        discriminator(IMAGES)
    layers = [*discriminator.features.modules(), discriminator.real_head]
    layers = [layer for layer in layers if isinstance(layer, (nn.Conv2d, nn.Linear))]
    assert len(layers) == 5
    for layer in layers:
        assert is_parametrized(layer, "weight")
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.05)


BOTH = pytest.mark.parametrize("network", [Vae, ComponentsVae], ids=lambda network: network.__name__)


@BOTH
def test_vae_shapes(network):
    vae = network(latent_size=9, width=2).eval()
    mean, log_variance = vae.encode(IMAGES)
    assert mean.shape == log_variance.shape == (3, 9)
    assert_images(vae.decode(mean), 3)
    assert torch.equal(vae(IMAGES), vae.decode(mean))
    assert vae.double().decode(mean.double()).dtype == torch.float64


@pytest.mark.parametrize("network, side", [(Vae, 32), (ComponentsVae, 64)], ids=["Vae", "ComponentsVae"])
def test_a_vae_starts_as_probabilistic_principal_components(network, side):
    """The exact posterior of x = W z + m + noise, by the textbook's formula (Tipping & Bishop, 1999), for the
    pixels that the linear maps see: the sketch's of the one, the image's of the other."""
    vae, noise, pixels = network(latent_size=3, width=2).double().eval(), 0.5, 3 * side**2
    directions = torch.linalg.qr(torch.randn(pixels, 3, dtype=torch.float64)).Q
    mean, variances = torch.randn(pixels, dtype=torch.float64) / 4, torch.tensor([9.0, 4.0, 1.0], dtype=torch.float64)
    vae.start_from_components(mean, directions, variances, noise)
    images = torch.randn(5, 3, 64, 64, dtype=torch.float64)
    weight = directions * (variances - noise).sqrt()
    precision = weight.T @ weight / noise + torch.eye(3)
    latents, log_variance = vae.encode(images)
    seen = F.avg_pool2d(images, 64 // side).flatten(1)
    assert torch.allclose(latents, (seen - mean) @ weight / noise @ precision.inverse())
    assert torch.allclose(log_variance, precision.inverse().diagonal().log().expand(5, 3))
    painted = (mean + latents @ weight.T).view(-1, 3, side, side)
    assert torch.allclose(vae.paint(latents), F.interpolate(painted, size=64, mode="bilinear"))


@pytest.mark.parametrize(
    "network, pixels", [(Vae, 3 * 32**2), (ComponentsVae, 3 * 64**2)], ids=["Vae", "ComponentsVae"]
)
def test_components_below_the_noise_are_left_unused(network, pixels):
    vae = network(latent_size=2, width=2).eval()
    directions = torch.linalg.qr(torch.randn(pixels, 2)).Q
    vae.start_from_components(torch.zeros(pixels), directions, torch.tensor([4.0, 0.1]), noise=0.5)
    _, log_variance = vae.encode(IMAGES)
    assert log_variance[0, 0] < -2 and log_variance[0, 1].abs() < 2e-3


def test_decoded_images_stay_in_range_and_painted_ones_need_not():
    vae = Vae(latent_size=9, width=2).eval()
    vae.decoder.linear.bias.data.fill_(3)
    latents = torch.zeros(1, 9)
    assert vae.paint(latents).min() > 1 and vae.decode(latents).max() == 1


def test_a_vae_samples_by_decoding_noise():
    vae = Vae(latent_size=9, width=2).eval()
    noise = torch.randn(3, vae.noise_size)
    assert vae.noise_size == 9
    assert torch.equal(vae.sample(noise), vae.decode(noise))


def test_attribute_classifier_shapes():
    network = AttributeClassifier(width=4).eval()
    assert network.features(IMAGES).shape == (3, network.feature_size)
    assert network(IMAGES).shape == (3, 13)


@pytest.mark.parametrize("size, channels", [(32, 1), (128, 3)])
def test_every_network_takes_the_size_and_channels(size, channels):
    """What goes in and comes out; and the arguments that a checkpoint carries have both."""
    images, noise = torch.rand(2, channels, size, size) * 2 - 1, torch.randn(2, 7)
    how = dict(width=2, size=size, channels=channels)
    drawing = {Generator: [], ConditionalGenerator: [torch.ones(2)], Vae: []}
    for network, condition in ((network(7, **how), condition) for network, condition in drawing.items()):
        assert network.sample(noise, *condition).shape == images.shape
        assert network.arguments.items() > how.items()
    assert Vae(7, **how).transform(images).shape == images.shape
    assert Discriminator(**how)(images).shape == ConditionalDiscriminator(**how)(images)[1].shape == (2,)
    assert AttributeClassifier(**how)(images).shape == (2, 13)


@pytest.mark.parametrize(
    "network, size", [(Generator, 28), (Generator, 4), (Discriminator, 48), (Vae, 40), (AttributeClassifier, 8)]
)
def test_sizes_that_do_not_halve_are_refused(network, size):
    with pytest.raises(ValueError, match=f"size {size}: give"):
        network(size=size)
