"""Rows of photographs of things: CIFAR-10 and STL-10."""

from training.data.cifar10 import load_cifar10
from training.data.stl10 import load_labelled_stl10, load_unlabelled_stl10
from training.methods.classifier import Classifier, ClassifierSettings, Stl10Settings
from training.methods.encoder_classifier import EncoderClassifierMethod, EncoderClassifierSettings
from training.methods.photo_autoencoder import PhotoAutoencoderMethod, PhotoAutoencoderSettings
from training.methods.simclr import SimClr, SimClrSettings
from training.systems.system import System


def on_encoder(name: str, title: str, encoder: str, weights: str, minutes: int) -> System:
    settings = EncoderClassifierSettings(encoder=encoder, weights=weights)
    return System(name, title, EncoderClassifierMethod, settings, load_labelled_stl10, "photos", minutes)


ROWS = (
    System("cifar10", "small ResNet", Classifier, ClassifierSettings(), load_cifar10, "photos", 75),
    # STL-10: from the labels alone; what the unlabelled images teach; classifiers on that.
    System(
        "stl10_supervised",
        "small ResNet, labels alone",
        Classifier,
        Stl10Settings(),
        load_labelled_stl10,
        "photos",
        11,
    ),
    System("stl10_simclr", "ResNet-18 by SimCLR", SimClr, SimClrSettings(), load_unlabelled_stl10, "photos", 45),
    System(
        "stl10_reconstruction",
        "autoencoder of unlabelled images",
        PhotoAutoencoderMethod,
        PhotoAutoencoderSettings(),
        load_unlabelled_stl10,
        "photos",
        10,
    ),
    on_encoder("stl10_resnet18", "ResNet-18 of SimCLR, frozen", "resnet18", "frozen", 4),
    on_encoder("stl10_resnet18_imagenet", "ResNet-18 of ImageNet, frozen", "resnet18", "imagenet", 12),
    on_encoder("stl10_resnet18_random", "ResNet-18, random, frozen", "resnet18", "random", 4),
    on_encoder("stl10_autoencoder", "autoencoder's encoder, frozen", "autoencoder", "frozen", 2),
    on_encoder("stl10_autoencoder_trained", "autoencoder's encoder, trained along", "autoencoder", "trained", 4),
    on_encoder("stl10_autoencoder_random", "random encoder, frozen", "autoencoder", "random", 2),
)
