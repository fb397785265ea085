"""Ways through latent spaces, against ways that are known."""

import torch

from training.scores.latent_walks import great_circle, straight


def test_a_great_circle_keeps_the_length_and_a_straight_line_does_not():
    begin, end = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    assert torch.allclose(great_circle(begin, end, 0.5).norm(), torch.tensor(3.0))
    assert torch.allclose(straight(begin, end, 0.5), torch.tensor([[1.5, 1.5]]))


def test_a_great_circle_in_equal_steps():
    begin, end = torch.tensor([[3.0, 0.0]]).double(), torch.tensor([[0.0, 3.0]]).double()
    walk = great_circle(begin, end, torch.linspace(0, 1, 5).double()[:, None])
    assert torch.allclose(walk.norm(dim=1), torch.tensor(3.0).double())
    assert torch.allclose(walk[[0, 2, 4]], torch.cat([begin, (begin + end) / 2**0.5, end]))


def test_from_a_noise_to_itself_nothing_moves():
    noise = torch.randn(1, 8, generator=torch.Generator().manual_seed(0)).double()
    walk = great_circle(noise, noise, torch.linspace(0, 1, 5).double()[:, None])
    assert torch.allclose(walk, noise.expand(5, 8), atol=1e-5)
