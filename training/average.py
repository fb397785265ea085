"""The network that is kept: an average of the trained weights, with batch statistics of its own."""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

# 0.995 averages over about the last 200 steps, less than an epoch: long enough to smooth the steps'
# noise, short enough not to lag behind.
DECAY = 0.995


def network_average(network: nn.Module, decay: float = DECAY) -> AveragedModel:
    """An exponential average of the network's weights, to be updated after every step."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))


@torch.no_grad()
def with_statistics_of(network: nn.Module, batches: Iterable[Tensor | tuple[Tensor, ...]]) -> nn.Module:
    """A copy in eval mode whose batch norms hold the statistics of these float batches,
    each what the network takes, one tensor or several.

    Li et al., "Revisiting batch normalization for practical domain adaptation", 2016: the same
    weights serve another domain better with that domain's means and variances.
    """
    network = copy.deepcopy(network).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over all batches
    for batch in batches:
        network(*batch) if isinstance(batch, tuple) else network(batch)
    return network.eval()
