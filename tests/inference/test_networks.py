"""Checkpoint -> network, by the network's name in it; the files of before, which name none, by their method."""

import pytest
import torch

from inference.networks import MODULES, build_network, read_checkpoint
from tests.inference.conftest import ROOT, checkpoint_of, random_network
from tests.random_faces import random_faces

RELEASED = {
    "vae": "Vae",
    "gan": "Generator",
    "acgan": "ConditionalGenerator",
    "attribute_classifier": "AttributeClassifier",
    "brain": "Segmenter",
    "cifar10": "SmallResNet",
    "conv_autoencoder": "ConvolutionalAutoencoder",
    "conv_denoiser": "ConvolutionalAutoencoder",
    "digit_gan": "DigitGenerator",
    "digit_gan_conditional": "ConditionalDigitGenerator",
    "endovae": "EndoVae",
    "linear_autoencoder": "LinearAutoencoder",
    "linear_denoiser": "LinearAutoencoder",
    "pixelda": "PixelDa",
    "stl10_autoencoder": "EncoderClassifier",
    "stl10_reconstruction": "PhotoAutoencoder",
    "stl10_supervised": "SmallResNet",
    "transfer_layer_frozen": "TransferClassifier",
    "transfer_layer_trained": "TransferClassifier",
    "transfer_mlp_frozen": "TransferClassifier",
    "transfer_mlp_trained": "TransferClassifier",
}


@pytest.mark.parametrize("file", sorted((ROOT / "weights").glob("*.pth")), ids=lambda file: file.stem)
def test_released_weights_hold_the_same_tensors(file):
    checkpoint = read_checkpoint(file.read_bytes())
    network = build_network(checkpoint)
    assert type(network).__name__ == RELEASED.get(file.stem, "DigitClassifier")
    assert not network.training
    state = network.state_dict()
    assert state.keys() == checkpoint["state"].keys()
    for name, value in checkpoint["state"].items():
        assert torch.equal(state[name].double(), value.double())


@pytest.mark.parametrize("method, network", [("vae", "Vae"), ("gan", "Generator"), ("acgan", "ConditionalGenerator")])
def test_the_networks_name_decides(method, network):
    """Whatever method trained it."""
    checkpoint = random_faces(method) | {"method": "a new one", "network": network}
    assert type(build_network(checkpoint)).__name__ == network


def test_methods_of_digits_need_no_name():
    checkpoint = checkpoint_of(random_network(twins=False), "svhn") | {"method": "source_only"}
    assert type(build_network(checkpoint)).__name__ == "DigitClassifier"


def test_every_name_has_its_class():
    for name, module in MODULES.items():
        assert f"class {name}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()
