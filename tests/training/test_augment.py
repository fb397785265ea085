import pytest
import torch

from training.augment import Uniform, augment, background_patches, blur, compose, jitter_colours, sample_with_neighbours
from training.augment import affine_grid
from training.demo_images import demo_arrays
from training.domains import DOMAINS


@pytest.fixture(scope="module")
def digits():
    return {domain: torch.from_numpy(demo_arrays(domain, 64, seed=1)[0]).permute(0, 3, 1, 2) for domain in DOMAINS}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("source", DOMAINS)
@pytest.mark.parametrize("target", DOMAINS)
def test_every_pair_gives_images_in_range_that_the_seed_decides(digits, source, target):
    first, again, other = (augment(digits[source], source, target, generator(seed), digits[target]) for seed in (0, 0, 1))
    assert first.shape == (64, 3, 28, 28)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.std(dim=(1, 2, 3)).min() > 0.005  # no image is wiped out


def test_every_image_is_changed_in_its_own_way(digits):
    same = digits["usps"][:1].expand(16, -1, -1, -1)
    augmented = augment(same, "usps", "usps", generator())
    assert torch.pdist(augmented.flatten(1)).min() > 1


def test_digits_shrink_towards_a_domain_of_smaller_digits():
    """A full white frame of USPS must take about (20/27)^2 of MNIST-M's frame."""
    frames = torch.ones(500, 3, 28, 28)
    grid = affine_grid(Uniform(500, generator()), DOMAINS["usps"].digit_height / DOMAINS["mnistm"].digit_height)
    covered = torch.nn.functional.grid_sample(frames, grid, align_corners=False).mean()
    assert 0.45 < covered < 0.65


def test_composing_inverts_the_photo_where_the_stroke_is():
    photos = torch.rand(8, 3, 28, 28)
    strokes = torch.zeros(8, 3, 28, 28)
    strokes[:, :, :, 14:] = 1
    composed = compose(strokes, photos, Uniform(8, generator()))
    patches = background_patches(photos, Uniform(8, _after_two_draws()))
    assert torch.allclose(composed[..., :14], patches[..., :14])
    inverted = composed[..., 14:] + patches[..., 14:]
    assert torch.allclose(inverted, inverted.amax(dim=(1, 2, 3), keepdim=True).expand_as(inverted), atol=1e-5)


def _after_two_draws():
    used = generator()
    uniform = Uniform(8, used)
    uniform(0.1, 0.6), uniform(2, 6)
    return used


def test_background_patches_hold_nothing_of_the_centre():
    photos = torch.zeros(50, 3, 28, 28)
    photos[:, :, 9:19, 9:19] = 1  # where a digit would be
    assert background_patches(photos, Uniform(50, generator())).max() == 0


def test_neighbours_come_from_other_images_and_leave_the_middle():
    images = torch.zeros(40, 3, 28, 28)
    images[::2, :, 2:26, 12:16] = 1
    uniform = Uniform(40, generator())
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3).expand(40, -1, -1), (40, 3, 28, 28), align_corners=False)
    crowded = sample_with_neighbours(images, grid, "zeros", uniform)
    assert torch.allclose(crowded[..., 8:20], images[..., 8:20], atol=1e-4)
    assert not torch.allclose(crowded, images)


def test_half_of_the_images_are_inverted():
    ramp = torch.linspace(0.2, 0.8, 28).expand(400, 3, 28, 28)
    jittered = jitter_colours(ramp, Uniform(400, generator()))
    falling = (jittered[..., 0] > jittered[..., -1]).float().mean()
    assert 0.4 < falling < 0.6


def test_blur_keeps_the_mean_and_spreads_a_point():
    images = torch.zeros(50, 3, 28, 28)
    images[:, :, 14, 14] = 1
    blurred = blur(images, Uniform(50, generator()))
    assert torch.allclose(blurred.sum(dim=(2, 3)), torch.ones(50, 3), atol=1e-4)
    peaks = blurred[:, 0, 14, 14]
    assert peaks.min() < 0.2 and peaks.max() > 0.95
