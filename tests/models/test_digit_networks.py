import pytest
import torch

from models.autoencoders import ConvolutionalAutoencoder, LinearAutoencoder, first_places
from models.digit_gan import ConditionalDigitGenerator, DigitDiscriminator, DigitGenerator
from models.grey_digit_classifier import GreyDigitClassifier
from models.latent_autoencoder import LatentAutoencoder
from models.transfer_classifier import TransferClassifier

DIGITS = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))
NETWORKS = {
    "linear": LinearAutoencoder(),
    "convolutional": ConvolutionalAutoencoder(),
    "no places": ConvolutionalAutoencoder(keep_places=False),
    "latent": LatentAutoencoder(),
    "layer": TransferClassifier("layer"),
    "mlp": TransferClassifier("mlp"),
    "judge": GreyDigitClassifier(8),
    "generator": DigitGenerator(),
    "plain end": DigitGenerator(last_convolution=False),
    "before": ConditionalDigitGenerator(),
    "after": ConditionalDigitGenerator(joined="after"),
}


def count(network):
    return sum(weights.numel() for weights in network.parameters())


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_arguments_rebuild_the_network_and_it_fits_its_file(network):
    type(network)(**network.arguments).load_state_dict(network.state_dict())
    assert 4 * count(network) < 4e6  # bytes of a released file


def test_parameters_are_the_assignments():
    assert count(NETWORKS["linear"]) == 223_391
    assert count(NETWORKS["convolutional"]) <= 35_000
    assert count(NETWORKS["convolutional"]) == count(NETWORKS["no places"]) == 33_838


@pytest.mark.parametrize("name, size", [("linear", 28), ("convolutional", 28), ("no places", 28), ("latent", 32)])
def test_an_autoencoder_answers_with_images(name, size):
    network, images = NETWORKS[name].eval(), DIGITS[..., :size, :size]
    code = network.encode(images)
    answers = network.decode(*code) if isinstance(code, tuple) else network.decode(code)
    assert answers.shape == images.shape and answers.min() >= 0 and answers.max() <= 1
    assert torch.equal(network.transform(images), answers)


def test_the_convolutional_code_is_135_maxima_and_their_places():
    images = DIGITS[..., :28, :28]
    maps = NETWORKS["convolutional"].eval().encoder(images)
    maxima, indices = NETWORKS["convolutional"].encode(images)
    assert maxima.shape == indices.shape == (3, 15, 3, 3)
    assert torch.equal(maps.flatten(2).gather(2, indices.flatten(2)), maxima.flatten(2))


def test_without_places_every_maximum_goes_to_the_first_of_its_window():
    # Of a 6x6 map, in the windows at row and column (0, 0), (0, 2), (2, 0) and (2, 2).
    indices = torch.tensor([[[[0, 3], [13, 20]]]])
    assert first_places(indices, 6).tolist() == [[[[0, 2], [12, 14]]]]


@pytest.mark.parametrize("joined", ["before", "after"])
def test_a_generator_that_is_told_the_label_heeds_it(joined):
    network = NETWORKS[joined].eval()
    noise = torch.randn(2, 32)
    one, same, other = (network.sample(noise, torch.tensor([label, 4])) for label in (3, 3, 8))
    assert one.shape == (2, 1, 32, 32) and one.abs().max() <= 1
    assert torch.equal(one, same) and not torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_only_the_last_convolution_brings_a_tanh():
    noise = 100 * torch.randn(8, 32)
    assert NETWORKS["generator"].eval()(noise).abs().max() <= 1 < NETWORKS["plain end"].eval()(noise).abs().max()


def test_a_discriminator_compares_the_label_with_the_image():
    network = DigitDiscriminator(width=4, conditional=True).eval()
    logits = [network(DIGITS, torch.full((3,), label)) for label in (1, 2)]
    assert logits[0].shape == (3,) and not torch.allclose(*logits)
    assert DigitDiscriminator(width=4)(DIGITS).shape == (3,)


def test_a_denoiser_answers_with_the_mean_over_nine_shifts():
    network, images = ConvolutionalAutoencoder(reach=1).eval(), DIGITS[..., :28, :28]
    moved = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    answers = [network(images.roll(by, (2, 3))).roll((-by[0], -by[1]), (2, 3)) for by in moved]
    assert torch.allclose(network.transform(images), torch.stack(answers).mean(0), atol=1e-6)
    assert not torch.allclose(network.transform(images), network(images), atol=1e-3)
