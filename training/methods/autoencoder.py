"""Autoencoder: an image through a narrow code and back, to reconstruct it or to free it of noise.

    python3 -m training conv_denoiser

One loop for both tasks: the network is given an image, or the image with Gaussian noise, and is to
answer with the image (Vincent et al., "Extracting and composing robust features with denoising
autoencoders", 2008).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim import Adam, Muon, Optimizer
from torch.optim.lr_scheduler import OneCycleLR
from tyro.conf import Fixed

from models.autoencoders import ConvolutionalAutoencoder, LinearAutoencoder
from models.latent_autoencoder import LatentAutoencoder
from training.augment.digits import to_float
from training.augment.grey_digits import warped
from training.average import network_average, with_statistics_of
from training.data.split import UnlabelledSplit
from training.measures.squared_error import mean_squared_error, psnr_of_error
from training.methods.base import Method
from training.settings import RunSettings

STATISTICS_IMAGES = 8192  # for batch norm: its own error is then below one in ninety
NOISE_SEED = 20203  # of the noise on held-out images, the same every epoch, or luck would choose among epochs


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    network: Fixed[Literal["linear", "convolutional", "latent"]]
    task: Fixed[Literal["reconstruct", "denoise"]]
    # Whether the convolutional network's code says where each maximum lay.
    keep_places: Fixed[bool] = True
    # Whether a denoiser is given digits turned, sheared and bent, too, and is to answer with what they were.
    # Its code then says less of how a digit lies and more of which it is.
    warp: Fixed[bool] = False
    # Standard deviation of the noise that a denoiser is to remove, images in [0, 1].
    noise: float = 0.5

    # The learning rate's one cycle.
    epochs: int = 8
    # Times 128 images: about two passes over 55,000 digits.
    steps_per_epoch: int = 860
    # No smaller: a step on fewer images costs nearly as much.
    batch: int = 128
    # Adam's peak in the cycle; batch norm bears four times its default.
    learning_rate: float = 4e-3
    # Muon's peak, for the matrices of linear layers; Adam then learns only their biases. None: Adam learns everything.
    matrix_rate: float | None = None
    # Averages the weights over about the last 500 steps.
    average: float = 0.998


class Autoencoder(Method):
    """Squared error between the answer and the clean image, mean over pixels."""

    name, title = "autoencoder", "autoencoder"
    choice = "validation_psnr"
    panels = {"squared error": ("mse", "validation_mse"), "PSNR, dB": ("validation_psnr",)}

    def __init__(self, settings: AutoencoderSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = network_for(settings).to(device, memory_format=torch.channels_last)
        self.average = network_average(self.network, settings.average)
        self.optimisers = optimisers_for(self.network, settings)
        self.schedules = {
            name: OneCycleLR(optimiser, optimiser.defaults["lr"], settings.steps, cycle_momentum=name == "adam")
            for name, optimiser in self.optimisers.items()
        }
        self.parts = {
            "network": self.network,
            "average": self.average,
            **self.optimisers,
            **{f"schedule_of_{name}": schedule for name, schedule in self.schedules.items()},
        }

    def update(self, images: Tensor) -> dict[str, float]:
        clean = to_float(images)
        with self.autocast():
            mse = F.mse_loss(self.network(self.given(clean)).float(), clean)
        for optimiser in self.optimisers.values():
            optimiser.zero_grad()
        mse.backward()
        for part in (*self.optimisers.values(), *self.schedules.values()):
            part.step()
        self.average.update_parameters(self.network)
        return {"mse": mse.item()}

    def given(self, clean: Tensor) -> Tensor:
        """What the task gives the network."""
        if self.settings.task == "reconstruct":
            return clean
        return noisy(warped(clean, self.random) if self.settings.warp else clean, self.settings.noise, self.random)

    def end_epoch(self, data: UnlabelledSplit) -> None:
        images = data.training[: self.settings.for_statistics(STATISTICS_IMAGES)]
        self.kept = with_statistics_of(self.average.module, self.batches_given(images))

    def batches_given(self, images: Tensor) -> Iterator[Tensor]:
        """Of uint8 images, what the task gives the network, with the same noise every time."""
        self.seed(NOISE_SEED)
        return (self.given(to_float(batch)) for batch in images.split(512))

    @torch.inference_mode()
    def validate(self, data: UnlabelledSplit) -> dict[str, float]:
        """Mean squared error and PSNR in dB on held-out images in [0, 1]."""
        answers = torch.cat([self.kept(batch) for batch in self.batches_given(data.validation)])
        mse = mean_squared_error(answers, to_float(data.validation))
        return {"validation_mse": mse, "validation_psnr": psnr_of_error(mse)}

    @torch.inference_mode()
    def picture(self, data: UnlabelledSplit) -> Tensor:
        """8 held-out digits, below them what the network was given, below that its answers."""
        clean = to_float(data.validation[:8])
        given = next(self.batches_given(data.validation[:8]))
        return 2 * torch.cat([clean, given, self.kept(given)]).expand(-1, 3, -1, -1) - 1


def optimisers_for(network: nn.Module, settings: AutoencoderSettings) -> dict[str, Optimizer]:
    """Adam, and where the recipe has a rate for it, Muon, whose steps have the same size in all directions of a matrix
    (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024). Plain gradients starve a deep
    autoencoder's weak directions (Martens, "Deep learning via Hessian-free optimization", 2010)."""
    if settings.matrix_rate is None:
        return {"adam": Adam(network.parameters(), settings.learning_rate)}
    matrices = [value for value in network.parameters() if value.ndim == 2]
    biases = [value for value in network.parameters() if value.ndim == 1]
    # A rate then means the same step size for both; what is learned needs no decay (55,000 digits, 223,391 weights).
    muon = Muon(matrices, settings.matrix_rate, weight_decay=0, adjust_lr_fn="match_rms_adamw")
    return {"adam": Adam(biases, settings.learning_rate), "muon": muon}


def network_for(settings: AutoencoderSettings) -> nn.Module:
    """Those that free 28x28 digits of noise answer with a mean over shifts, outside of training."""
    reach = 1 if settings.task == "denoise" else 0
    if settings.network == "convolutional":
        return ConvolutionalAutoencoder(keep_places=settings.keep_places, reach=reach)
    return LinearAutoencoder(reach=reach) if settings.network == "linear" else LatentAutoencoder()


def noisy(images: Tensor, deviation: float, random: Generator) -> Tensor:
    """Images in [0, 1] with Gaussian noise of that standard deviation, clamped to [0, 1]."""
    noise = torch.randn(images.shape, generator=random, device=images.device)
    return (images + deviation * noise).clamp(0, 1)
