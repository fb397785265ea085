"""The models of `python3 -m inference`: for each verb a table, and in it a row a model.

A model of several verbs has a row in each of their tables. Its network is named in its checkpoint
(inference/networks.py); a row says which file that is, and how images go in and come out.
"""

from typing import NamedTuple


class Images(NamedTuple):
    """What a network takes: square images of this height and width, RGB (3 channels) or grey (1).
    White is 1, and `low` is the number for black, 0 or -1."""

    size: int = 28
    channels: int = 3
    low: int = 0

    def __str__(self) -> str:
        return f"{self.size}x{self.size} {'RGB' if self.channels == 3 else 'grey'}"


class Predict(NamedTuple):
    """An image's label, from a network whose forward pass gives logits."""

    weights: str  # file in weights/
    about: str
    takes: Images = Images()


class Transform(NamedTuple):
    """An image from each image, by a network's `transform(images)` or `transform(images, noise)`."""

    weights: str
    about: str
    takes: Images
    low: int = 0  # the number for black in what comes out
    own_size: bool = False  # what comes out gets each image's own size, without mixing levels: for masks
    noise: str = ""  # "normal" or "uniform" where the network takes noise N x noise_size


class Draw(NamedTuple):
    """Images from nothing, by a network's `sample(noise)` or `sample(noise, label)`."""

    weights: str
    about: str
    low: int = -1  # the number for black in what comes out
    count: int = 32  # images, unless --count says otherwise
    columns: int = 8
    labels: tuple[str, ...] = ()  # what label 0, 1 … means, where the network takes one


PREDICT = {
    "dann_usps_mnistm": Predict("dann_mnistm.pth", "digits of MNIST-M, DANN from USPS"),
    "dann_mnistm_svhn": Predict("dann_svhn.pth", "digits of SVHN, DANN from MNIST-M"),
    "dann_svhn_usps": Predict("dann_usps.pth", "digits of USPS, DANN from SVHN"),
    "mean_teacher_usps_mnistm": Predict("mean_teacher_mnistm.pth", "digits of MNIST-M, mean teacher from USPS"),
    "mean_teacher_mnistm_svhn": Predict("mean_teacher_svhn.pth", "digits of SVHN, mean teacher from MNIST-M"),
    "mean_teacher_svhn_usps": Predict("mean_teacher_usps.pth", "digits of USPS, mean teacher from SVHN"),
    "pixelda": Predict("pixelda.pth", "digits of MNIST-M, PixelDA from MNIST", Images(32, low=-1)),
    "transfer_layer_frozen": Predict(
        "transfer_layer_frozen.pth", "digits of MNIST from 50 labels, one layer, encoder frozen", Images(32, 1)
    ),
    "transfer_layer_trained": Predict(
        "transfer_layer_trained.pth", "digits of MNIST from 50 labels, one layer, encoder trained", Images(32, 1)
    ),
    "transfer_mlp_frozen": Predict(
        "transfer_mlp_frozen.pth", "digits of MNIST from 50 labels, MLP, encoder frozen", Images(32, 1)
    ),
    "transfer_mlp_trained": Predict(
        "transfer_mlp_trained.pth", "digits of MNIST from 50 labels, MLP, encoder trained", Images(32, 1)
    ),
    "transfer_unlabelled": Predict("transfer_unlabelled.pth", "digits of MNIST from 50 labels and unlabelled images"),
    "cifar10": Predict("cifar10.pth", "photographs of CIFAR-10's ten classes", Images(32, low=-1)),
    "stl10_supervised": Predict("stl10_supervised.pth", "photographs of STL-10's ten classes", Images(96, low=-1)),
    "stl10_autoencoder": Predict(
        "stl10_autoencoder.pth", "the same, a head on the encoder of an autoencoder", Images(96, low=-1)
    ),
}
TRANSFORM = {
    "brain": Transform("brain.pth", "a mask of the tumour in a slice of a brain scan", Images(240, 1), own_size=True),
    "endovae": Transform("endovae.pth", "endoscopy rebuilt from six numbers", Images(96)),
    "linear_autoencoder": Transform("linear_autoencoder.pth", "digits rebuilt from 15 numbers", Images(28, 1)),
    "conv_autoencoder": Transform(
        "conv_autoencoder.pth", "digits rebuilt from 135 numbers and their places", Images(28, 1)
    ),
    "linear_denoiser": Transform("linear_denoiser.pth", "noisy digits, as they come, without the noise", Images(28, 1)),
    "conv_denoiser": Transform("conv_denoiser.pth", "noisy digits, as they come, without the noise", Images(28, 1)),
    "pixelda": Transform("pixelda.pth", "MNIST digits as MNIST-M", Images(32, low=-1), low=-1, noise="uniform"),
    "vae": Transform("vae.pth", "faces as the VAE rebuilds them", Images(64, low=-1), low=-1),
    "stl10_reconstruction": Transform(
        "stl10_reconstruction.pth", "photographs as an autoencoder rebuilds them", Images(96, low=-1), low=-1
    ),
}
DRAW = {
    "vae": Draw("vae.pth", "faces"),
    "gan": Draw("gan.pth", "faces"),
    "acgan": Draw("acgan.pth", "faces", labels=("not smiling", "smiling")),
    "endovae": Draw("endovae.pth", "endoscopy", low=0, count=9, columns=3),
    "digit_gan": Draw("digit_gan.pth", "digits", count=25, columns=5),
    "digit_gan_conditional": Draw(
        "digit_gan_conditional.pth", "digits", count=25, columns=5, labels=tuple("0123456789")
    ),
}
TABLES = {"predict": PREDICT, "transform": TRANSFORM, "draw": DRAW}
