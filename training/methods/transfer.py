"""Transfer: 50 labels for what an autoencoder's encoder learned from images alone.

    python3 -m training transfer_layer_frozen --autoencoder runs/latent_restorer

One layer or a small MLP reads the encoder's 64 numbers; the encoder stays as it is or learns along.
A run's seed draws its five labelled images of each digit. The number of steps is fixed beforehand:
nothing is held out of 50 labels, and no other label chooses anything. The accuracy on held-out
digits in a run's curves is for the eye.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from tyro.conf import Fixed

from models.transfer_classifier import TransferClassifier
from training.augment.digits import to_float
from training.augment.grey_digits import warped
from training.average import network_average
from training.data.split import LabelledSplit
from training.measures.accuracy import percent_right
from training.methods.base import Method, descend
from training.run_folder import RunFolder, finished_run
from training.settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class TransferSettings(RunSettings):
    """The recipe's numbers, each with its reason."""

    head: Fixed[Literal["layer", "mlp"]]
    encoder: Fixed[Literal["frozen", "trained"]]
    # Folder of a run of latent_restorer, or of latent_denoiser.
    autoencoder: Path | None = None

    epochs: int = 10
    steps_per_epoch: int = 50
    # All 50 images, warped anew in every step.
    batch: int = 50
    # AdamW's peak of the head, and of the encoder where it learns along.
    learning_rate: float = 1e-2
    encoder_rate: float = 1e-3
    # Averages the weights over about the last 50 steps.
    average: float = 0.98


class Transfer(Method):
    """Cross-entropy on the warped images of 50 labels."""

    name, title = "transfer", "transfer"
    panels = {"loss": ("label_loss", "validation_loss"), "percent": ("training_accuracy", "validation_accuracy")}

    def __init__(self, settings: TransferSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = TransferClassifier(settings.head).to(device)
        self.network.encoder.requires_grad_(settings.encoder == "trained")
        self.average = network_average(self.network, settings.average)
        rates = {self.network.head: settings.learning_rate, self.network.encoder: settings.encoder_rate}
        self.optimiser = torch.optim.AdamW([{"params": part.parameters(), "lr": rate} for part, rate in rates.items()])
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, list(rates.values()), settings.steps)
        self.parts = {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}

    def start(self, data: LabelledSplit) -> None:
        """Takes the encoder of that run. Raises RunError where it is none that fits; a smoke run's may be random."""
        if self.settings.smoke and self.settings.autoencoder is None:
            return
        state = finished_run(self.settings.autoencoder, "--autoencoder", "latent_restorer", "latent_denoiser")["state"]
        encoder = {name.removeprefix("encoder."): value for name, value in state.items() if name.startswith("encoder.")}
        for network in (self.network, self.average.module):
            network.encoder.load_state_dict(encoder)
        self.started_from = RunFolder(self.settings.autoencoder).origin()

    def update(self, images: Tensor, labels: Tensor) -> dict[str, float]:
        self.network.encoder.eval()  # 50 images are few for batch statistics: the autoencoder's stay
        with self.autocast():
            loss = F.cross_entropy(self.network(warped(to_float(images), self.random)).float(), labels)
        descend(self.optimiser, loss)
        self.schedule.step()
        self.average.update_parameters(self.network)
        return {"label_loss": loss.item()}

    def end_epoch(self, data: LabelledSplit) -> None:
        self.kept = self.average.module.eval()

    @torch.inference_mode()
    def validate(self, data: LabelledSplit) -> dict[str, float]:
        """Percent right of the 50 images and of held-out digits, and the latter's loss."""
        training, held_out = self.kept(to_float(data.training.images)), self.kept(to_float(data.validation.images))
        return {
            "training_accuracy": percent_right(training, data.training.labels),
            "validation_accuracy": percent_right(held_out, data.validation.labels),
            "validation_loss": F.cross_entropy(held_out, data.validation.labels).item(),
        }
