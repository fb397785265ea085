"""The sign must flip and the schedule must act: a reversal that is never called looks the same from outside."""

import pytest
import torch

from models.domain_head import DomainHead
from training.methods.gradient_reversal import reversal_strength, reverse_gradient


def test_forward_is_the_identity():
    features = torch.randn(4, 3)
    assert torch.equal(reverse_gradient(features, 0.7), features)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_backward_is_the_gradient_times_minus_strength(strength):
    features = torch.randn(4, 3, requires_grad=True)
    weights = torch.randn(4, 3)
    (weights * reverse_gradient(features, strength)).sum().backward()
    assert torch.allclose(features.grad, -strength * weights)


def test_schedule_rises_from_zero_to_its_maximum():
    strengths = [reversal_strength(progress, maximum=0.3) for progress in (0, 0.1, 0.5, 1)]
    assert strengths[0] == 0
    assert strengths == sorted(strengths)
    assert strengths[1] == pytest.approx(0.3 * 0.46212, rel=1e-4)  # tanh(5 * 0.1)
    assert strengths[-1] == pytest.approx(0.3, rel=1e-3)


def test_head_descends_while_features_ascend_the_domain_loss():
    torch.manual_seed(0)
    head, features = DomainHead(5), torch.randn(64, 5, requires_grad=True)
    is_source = (torch.arange(64) < 32).float()

    def loss(strength=1.0):
        return torch.nn.functional.binary_cross_entropy_with_logits(
            head(reverse_gradient(features, strength)), is_source
        )

    before = loss()
    before.backward()
    with torch.no_grad():
        features -= 20 * features.grad
    assert loss() > before
    with torch.no_grad():
        features += 20 * features.grad
        for parameter in head.parameters():
            parameter -= 0.5 * parameter.grad
    assert loss() < before
