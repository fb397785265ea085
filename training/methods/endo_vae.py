"""EndoVAE: endoscopy pictures in six numbers, and new pictures from six random ones.

    python3 -m training endovae

Diamantis et al., "EndoVAE: Generating endoscopic images with a variational autoencoder", 2022: binary cross-entropy of
the pixels plus KL, both summed, as the variational bound is (Kingma & Welling, 2014).
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models.endo_vae import EndoVae as Network
from training.augment.endoscopy import augmented
from training.average import network_average
from training.data.endoscopy import EndoscopySplit
from training.measures.image_quality import psnr, ssim
from training.measures.kl import kl_from_standard_normal
from training.methods.base import Method, descend, halved
from training.methods.endo_vae_start import start_from_components
from training.settings import RunSettings

# Divides the loss before it descends. Adam ignores it; in bf16 it keeps gradients of 27,648 summed pixels near 1.
PIXELS = 3 * 96 * 96
SAMPLES = 9


@dataclass(frozen=True, kw_only=True)
class EndoVaeSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    epochs: int = 60
    # Times 32 pictures: two passes over the 612 training polyps.
    steps_per_epoch: int = 38
    # A quarter of the paper's 128: on a CPU few pictures buy many steps.
    batch: int = 32
    # "normal" trains on healthy pictures, as the paper does.
    kind: Literal["polyp", "normal"] = "polyp"
    # The paper's.
    latent_size: int = 6
    # Where the encoder ends: at 6x6 as the assignment says, or at 12x12 as in the paper's figure, three times the work.
    stem: Literal["brief", "paper"] = "brief"
    # Of the pixels: binary cross-entropy as the paper, or squared error.
    loss: Literal["bce", "mse"] = "bce"
    # Of the KL: the variational bound's.
    kl_weight: float = 1.0
    # Adam's peak, half of the paper's constant rate: the start is good already, and 1e-3 first made it worse.
    learning_rate: float = 5e-4
    # Share of the steps in which it rises to the peak; then it falls along a cosine to 0, since a constant
    # rate needs the paper's thousands of epochs to come to rest.
    warm_up: float = 0.1
    # Averages the weights over about the last 200 steps, five epochs.
    average: float = 0.995


class EndoVae(Method):
    """Cross-entropy of the pixels, and KL of the latents' distribution from N(0, I)."""

    name, title = "endovae", "EndoVAE"
    panels = {
        "reconstruction loss, nats": ("reconstruction", "validation_reconstruction"),
        "KL, nats": ("kl", "validation_kl"),
        "PSNR of validation pictures, dB": ("validation_psnr",),
    }

    def __init__(self, settings: EndoVaeSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = Network(settings.latent_size, settings.stem).to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(self.network.parameters(), settings.learning_rate)
        warm_up = settings.warm_up if settings.warm_up * settings.steps > 1 else 0.4  # it must last a step or two
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, settings.steps, pct_start=warm_up, cycle_momentum=False
        )
        self.average = network_average(self.network, settings.average)
        self.parts = {name: getattr(self, name) for name in ("network", "optimiser", "schedule", "average")}

    def start(self, data: EndoscopySplit) -> None:
        """From principal components of the training pictures, found on the CPU."""
        start_from_components(self.network.cpu(), data.training.images.cpu().float() / 255)
        self.network.to(self.device, memory_format=torch.channels_last)

    def update(self, images: Tensor) -> dict[str, float]:
        images = augmented(images, self.random)
        with self.autocast():
            mean, log_variance = (half.float() for half in self.network.encode(images))
            latents = mean + (0.5 * log_variance).exp() * self.noise(*mean.shape)
            logits = self.network.logits(latents).float()
        reconstruction = pixel_loss(logits, images, self.settings.loss)
        kl = kl_from_standard_normal(mean, log_variance).sum(dim=1).mean()
        descend(self.optimiser, (reconstruction + self.settings.kl_weight * kl) / PIXELS)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"reconstruction": reconstruction.item(), "kl": kl.item()}

    def end_epoch(self, data: EndoscopySplit) -> None:
        self.kept = self.average.module.eval()

    @torch.inference_mode()
    def validate(self, data: EndoscopySplit) -> dict[str, float]:
        """On held-out pictures: loss, PSNR and SSIM from the mean, KL, and the least KL of a latent."""
        images = data.validation.images.float() / 255
        mean, log_variance = self.kept.encode(images)
        logits = self.kept.logits(mean)
        kl = kl_from_standard_normal(mean, log_variance).mean(dim=0)
        pictures = logits.sigmoid()
        return {
            "validation_reconstruction": pixel_loss(logits, images, self.settings.loss).item(),
            "validation_kl": kl.sum().item(),
            "validation_least_kl": kl.min().item(),
            "validation_psnr": psnr(pictures, images).mean().item(),
            "validation_ssim": ssim(pictures, images).mean().item(),
        }

    @torch.inference_mode()
    def picture(self, data: EndoscopySplit) -> Tensor:
        """Eight samples; below them eight held-out pictures and their reconstructions; in [-1, 1]."""
        images = data.validation.images[:8].float() / 255
        noise = torch.randn((8, self.settings.latent_size), generator=torch.Generator().manual_seed(self.settings.seed))
        images = images[torch.arange(8) % len(images)]
        return 2 * torch.cat([self.kept.decode(noise.to(self.device)), images, self.kept(images)]) - 1

    def checkpoint(self) -> dict:
        parts = super().checkpoint()
        return {**parts, "state": halved(parts["state"])}


def pixel_loss(logits: Tensor, images: Tensor, loss: str) -> Tensor:
    """Sum over the pixels, mean over the pictures: cross-entropy in nats, or squared error in [0, 1]."""
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / len(images)
    return F.mse_loss(logits.sigmoid(), images, reduction="sum") / len(images)
