import torch
from torch import nn

from training.average import network_average, with_statistics_of


def test_statistics_are_those_of_all_batches_and_the_original_keeps_its_own():
    network = nn.Sequential(nn.BatchNorm2d(3))
    batches = [torch.randn(16, 3, 4, 4) * 5 + 2 for _ in range(3)]
    adapted = with_statistics_of(network, batches)
    both = torch.stack(batches)
    assert not adapted.training
    assert torch.allclose(adapted[0].running_mean, both.mean(dim=(0, 1, 3, 4)), atol=1e-4)
    within = torch.stack([batch.var(dim=(0, 2, 3)) for batch in batches]).mean(dim=0)
    assert torch.allclose(adapted[0].running_var, within, rtol=1e-4)
    assert network[0].running_mean.eq(0).all() and network[0].running_var.eq(1).all()


def test_average_lags_behind_the_weights():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0)
    average = network_average(network)
    average.update_parameters(network)
    nn.init.constant_(network.weight, 1)
    average.update_parameters(network)
    assert 0 < average.module.weight.item() < 0.1
