import pytest
import torch

from models.digit_classifier import DigitClassifier


@pytest.mark.parametrize("channels", [(4, 6, 8, 10, 12), (16, 32, 64, 128, 256)])
def test_shapes_follow_the_channels(channels):
    network = DigitClassifier(channels).eval()
    images = torch.rand(3, 3, 28, 28)
    assert network.features(images).shape == (3, channels[-1])
    assert network(images).shape == (3, 10)


def test_arguments_rebuild_the_network():
    network = DigitClassifier(channels=(4, 6, 8, 10, 12), classes=7, dropout=0.1)
    DigitClassifier(**network.arguments).load_state_dict(network.state_dict())


def test_brightness_and_contrast_do_not_matter():
    network = DigitClassifier((4, 6, 8, 10, 12)).eval()
    images = torch.rand(2, 3, 28, 28)
    gain, offset = torch.rand(2, 3, 1, 1) + 0.5, torch.rand(2, 3, 1, 1)
    assert torch.allclose(network(gain * images + offset), network(images), atol=1e-3)
