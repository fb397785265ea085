"""EndoVAE and the segmenter: sizes, parameters, and what they must not depend on."""

import pytest
import torch

from models.endo_vae import EndoVae
from models.segmenter import Segmenter, best_bet, standardised


@pytest.mark.parametrize("stem, grid, parameters", [("brief", 6, 3_853_423), ("paper", 12, 11_124_847)])
def test_endovae_ends_at_the_stems_grid_and_comes_back(stem, grid, parameters):
    network = EndoVae(6, stem)
    assert network.encoder[:12](torch.rand(1, 3, 96, 96)).shape == (1, 256, grid, grid)
    mean, log_variance = network.encode(torch.rand(2, 3, 96, 96))
    assert mean.shape == log_variance.shape == (2, 6)
    pictures = network.sample(torch.randn(2, 6))
    assert pictures.shape == (2, 3, 96, 96) and pictures.min() >= 0 and pictures.max() <= 1
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_endovaes_signal_does_not_fade():
    """He's weights: a unit signal is still one after six convolutions."""
    torch.manual_seed(0)
    features = EndoVae().encoder[:12](torch.randn(2, 3, 96, 96))
    assert 0.3 < features.square().mean().sqrt() < 3


def test_the_segmenter_stays_below_the_assignments_500_000_parameters():
    assert sum(parameter.numel() for parameter in Segmenter().parameters()) == 495_233


@pytest.mark.parametrize("size", [(240, 240), (192, 192), (37, 50), (1, 1)])
def test_masks_have_their_slices_size(size):
    network = Segmenter((4, 8, 8)).eval()
    slices = torch.rand(2, 1, *size)
    assert network(slices).shape == slices.shape
    assert set(network.transform(slices).unique().tolist()) <= {0.0, 1.0}


def test_brightness_of_the_scanner_and_black_around_do_not_matter():
    slices = torch.rand(2, 1, 20, 20) + 0.5
    dark = torch.nn.functional.pad(slices / 10, (6, 6, 6, 6))
    assert torch.allclose(standardised(slices), standardised(dark)[..., 6:-6, 6:-6], atol=1e-2)
    assert torch.equal(standardised(torch.zeros(1, 1, 4, 4)), torch.zeros(1, 1, 4, 4))


def test_a_mask_is_its_mirror_images_mask():
    torch.manual_seed(0)
    network, slices = Segmenter((4, 8, 8)).eval().double(), torch.rand(1, 1, 48, 48).double()
    assert torch.equal(network.transform(slices.flip(3)), network.transform(slices).flip(3))


def test_an_uncertain_slice_is_marked_at_a_lower_level_than_a_certain_one():
    """Where 100 pixels have 0.3 each and nothing else is likelier, all of them are the best bet: of 30 expected, 30 are
    among 100. Beside 100 certain pixels, ten with 0.3 are not worth it."""
    uncertain, certain, empty = torch.zeros(3, 1, 20, 20).unsqueeze(1)
    uncertain[..., :10, :10] = 0.3
    certain[..., :10, :10], certain[..., 15, :10] = 1.0, 0.3
    masks = best_bet(torch.cat([uncertain, certain, empty]))
    assert masks.sum((1, 2, 3)).tolist() == [100, 100, 0]


def test_the_mean_of_views_lies_where_the_slice_does():
    network, slices = Segmenter((4, 8, 8)).eval(), torch.rand(1, 1, 64, 64)
    network.forward = lambda view: 20 * (view > 0.5) - 10.0  # what is bright is the tumour
    bright = torch.zeros(1, 1, 64, 64)
    bright[..., 20:40, 8:24] = slices[..., 20:40, 8:24] + 0.6
    assert (network.transform(bright)[..., 22:38, 10:22] == 1).all()
    assert network.transform(bright).sum() <= 22 * 18
