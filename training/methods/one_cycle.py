"""What the classifiers share that learn in one cycle of the learning rate: optimiser, schedule, averaged weights."""

import torch
from torch import nn

from training.average import network_average
from training.methods.base import Method
from training.settings import RunSettings


class OneCycleMethod(Method):
    """A way of training one network with AdamW; its settings have `learning_rate`, `weight_decay` and `average`."""

    def __init__(self, settings: RunSettings, device: torch.device, network: nn.Module):
        super().__init__(settings, device)
        self.network = network.to(device, memory_format=torch.channels_last)
        self.average = network_average(self.network, settings.average)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, settings.learning_rate, settings.steps)
        self.parts = {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}
