"""Checkpoints -> networks: the bytes of a file in weights/, the name in it, the class of that name."""

import io
from importlib import import_module

import torch
from torch import nn

# Network -> its module, imported only when a checkpoint asks for it: some bring large packages along.
MODULES = {
    "AttributeClassifier": "models.attribute_classifier",
    "ComponentsVae": "models.components_vae",
    "ConditionalDigitGenerator": "models.digit_gan",
    "ConditionalGenerator": "models.acgan",
    "ConvolutionalAutoencoder": "models.autoencoders",
    "DcganGenerator": "models.dcgan",
    "DigitClassifier": "models.digit_classifier",
    "DigitGenerator": "models.digit_gan",
    "EncoderClassifier": "models.encoder_classifier",
    "EndoVae": "models.endo_vae",
    "Generator": "models.gan",
    "GreyDigitClassifier": "models.grey_digit_classifier",
    "LatentAutoencoder": "models.latent_autoencoder",
    "LinearAutoencoder": "models.autoencoders",
    "PhotoAutoencoder": "models.photo_autoencoder",
    "PictureClassifier": "models.picture_classifier",
    "PixelClassifier": "models.pixelda",
    "PixelDa": "models.pixelda",
    "ResNet18": "models.resnet18",
    "Segmenter": "models.segmenter",
    "SmallResNet": "models.small_resnet",
    "TransferClassifier": "models.transfer_classifier",
    "Vae": "models.vae",
}
# Older checkpoints name no network, but their method.
NETWORK_OF_METHOD = {
    "vae": "ComponentsVae",
    "gan": "Generator",
    "acgan": "ConditionalGenerator",
    "attribute_classifier": "AttributeClassifier",
}
NETWORK_OF_OTHER_METHODS = "DigitClassifier"


def read_checkpoint(content: bytes) -> dict:
    """What a checkpoint file holds, on the CPU; code in it is not run but refused."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def build_network(checkpoint: dict) -> nn.Module:
    """The checkpoint's network in float32 and evaluation mode, whatever precision it is stored in."""
    method = checkpoint["method"]
    name = checkpoint.get("network") or NETWORK_OF_METHOD.get(method, NETWORK_OF_OTHER_METHODS)
    network = getattr(import_module(MODULES[name]), name)(**checkpoint["arguments"])
    network.load_state_dict(checkpoint["state"])
    return network.eval()
