"""The VAE's second stage: a small VAE that learns where faces lie among the first one's latents.

    python3 -m training.vae_prior --data hw3_data --vae runs/vae --out runs/vae_prior

Dai & Wipf, "Diagnosing and enhancing VAE models", 2019: a VAE sharp enough to reconstruct well does
not fill N(0, I) with faces, so samples from there look wrong. Its latents are low-dimensional data
like any other; a second VAE learns their distribution, and samples pass through both decoders.
The first stage stays as it is, and so do its reconstructions.
"""

import copy
from dataclasses import dataclass
from math import log, pi
from pathlib import Path

import torch
from torch import Tensor

from models.vae import LatentVae, Vae
from training.face_method import FaceMethod, descend, signed
from training.face_task import Data
from training.loop import run_command
from training.network_average import network_average
from training.run_folder import RunFolder
from training.settings import RunSettings
from training.vae import kl_from_standard_normal, samples_and_reconstructions


@dataclass(frozen=True, kw_only=True)
class VaePriorSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    # Folder of the first stage's run.
    vae: Path
    # Its bound on held-out faces no longer falls after them.
    epochs: int = 40
    # Times 128 images: about one pass over the 11,990 training faces.
    steps_per_epoch: int = 94
    batch: int = 128
    # Of the second latent vector; those it finds useless stay N(0, I).
    prior_size: int = 128
    # Adam's default.
    learning_rate: float = 1e-3
    # Averages the weights over about the last 500 steps, 5 epochs.
    average: float = 0.998


class VaePrior(FaceMethod):
    """Likelihood bound of the first stage's latents, with a learned variance for each coordinate."""

    name = "vae"  # what comes out is a whole VAE
    panels = {"nats": ("latent_loss", "validation_latent_loss"), "KL, nats": ("kl", "validation_kl")}

    def __init__(self, settings: VaePriorSettings, device: torch.device):
        super().__init__(settings, device)
        stored = RunFolder(settings.vae).load_best(device)
        self.kept = Vae(**stored["arguments"] | {"prior_size": settings.prior_size}).to(device).eval()
        self.kept.load_state_dict(stored["state"], strict=False)
        self.prior = copy.deepcopy(self.kept.prior)
        self.average = network_average(self.prior, settings.average)
        self.kept.prior = self.average.module
        self.kept.requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.prior.parameters(), settings.learning_rate)
        self.parts = {name: getattr(self, name) for name in ("prior", "average", "optimiser")}

    def update(self, images: Tensor, attributes: Tensor) -> dict[str, float]:
        loss, kl = self.bound(self.prior, self.flipped(images))
        descend(self.optimiser, loss)
        self.average.update_parameters(self.prior)
        self.step += 1
        return {"latent_loss": loss.item(), "kl": kl.item()}

    def bound(self, prior: LatentVae, images: Tensor) -> tuple[Tensor, Tensor]:
        """The bound on -log p of the images' latents, and its KL; both in nats, mean over images."""
        latents = self.drawn(*self.kept.encode(images))
        mean, log_variance = prior.encode(latents)
        error = prior.decode(self.drawn(mean, log_variance)) - latents
        nats = 0.5 * (log(2 * pi) + prior.log_variance + error.square() / prior.log_variance.exp()).sum(dim=1)
        kl = kl_from_standard_normal(mean, log_variance)
        return (nats + kl).mean(), kl.mean()

    def drawn(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        return mean + (0.5 * log_variance).exp() * self.noise(*mean.shape)

    def end_epoch(self, data: Data) -> None:
        """Nothing to fix: `kept` holds the average itself, and no batch norm of the first stage changes."""

    @torch.inference_mode()
    def validate(self, data: Data) -> dict[str, float]:
        """The bound on held-out faces' latents."""
        loss, kl = self.bound(self.kept.prior, signed(data.validation.images))
        return {"validation_latent_loss": loss.item(), "validation_kl": kl.item()}

    @torch.inference_mode()
    def figure(self, data: Data) -> Tensor:
        return samples_and_reconstructions(self.kept, data, self.settings.seed)


if __name__ == "__main__":
    run_command(VaePrior, VaePriorSettings)
