import pytest
import torch

from training.augment.digits import (
    Uniform,
    augment,
    background_patches,
    blur,
    compose,
    cover_neighbours,
    jitter_colours,
    lay_bar_across,
    lift_strokes,
    read_with_neighbours,
    warped_grid,
)
from training.augment.domains import DOMAINS
from training.synthetic.digits import demo_arrays


@pytest.fixture(scope="module")
def digits():
    return {domain: torch.from_numpy(demo_arrays(domain, 64, seed=1)[0]).permute(0, 3, 1, 2) for domain in DOMAINS}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("source", DOMAINS)
@pytest.mark.parametrize("target", DOMAINS)
def test_every_pair_gives_images_in_range_that_the_seed_decides(digits, source, target):
    first, again, other = (
        augment(digits[source], source, target, generator(seed), digits[target]) for seed in (0, 0, 1)
    )
    assert first.shape == (64, 3, 28, 28)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.std(dim=(1, 2, 3)).min() > 0.005  # no image is wiped out


def test_every_image_is_changed_in_its_own_way(digits):
    same = digits["usps"][:1].expand(16, -1, -1, -1)
    augmented = augment(same, "usps", "usps", generator())
    assert torch.pdist(augmented.flatten(1)).min() > 1


def test_digits_take_on_the_width_and_height_of_the_other_domain():
    """SVHN's narrow digits, drawn as frames of their size, must come out as wide as USPS's."""
    look, goal = DOMAINS["svhn"], DOMAINS["usps"]
    frames = torch.zeros(2000, 3, 28, 28)
    frames[:, :, 4:24, 8:20] = 1
    grid = warped_grid(
        Uniform(2000, generator()), look.digit_width / goal.digit_width, look.digit_height / goal.digit_height
    )
    mean = torch.nn.functional.grid_sample(frames, grid, align_corners=False).mean(dim=(0, 1))
    width, height = mean.mean(dim=0), mean.mean(dim=1)
    assert spread(width) / spread(frames[0, 0].mean(dim=0)) > 1.3
    assert spread(height) / spread(frames[0, 0].mean(dim=1)) < 1.3


def spread(profile):
    """Standard deviation in pixels of a row or column of brightness."""
    return ((profile * (torch.arange(28) - 13.5) ** 2).sum() / profile.sum()).sqrt()


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
    crowded = read_with_neighbours(images, grid, "zeros", uniform)
    assert torch.allclose(crowded[..., 8:20], images[..., 8:20], atol=1e-4)
    assert not torch.allclose(crowded, images)


def test_neighbours_are_covered_with_the_ground_and_the_digit_stays():
    images = torch.full((40, 3, 28, 28), 0.3)
    images[..., 11:17] = 0.9  # the digit
    images[..., :5] = 0.9  # a neighbour
    covered = cover_neighbours(images, Uniform(40, generator()))
    assert torch.equal(covered[..., 8:20], images[..., 8:20])
    gone = (covered[..., 0] == 0.3).all(dim=(1, 2))
    assert 0.3 < gone.float().mean() < 0.7


def test_a_quarter_is_crossed_in_ink_and_only_in_the_middle():
    images = torch.full((400, 3, 28, 28), 0.2)
    images[:, 0, :, 12:16] = 0.9  # a red one on grey
    crossed = lay_bar_across(images, Uniform(400, generator()))
    changed = (crossed - images).abs().amax(dim=1) > 1e-6
    assert 0.18 < changed.any(dim=(1, 2)).float().mean() < 0.32
    assert torch.allclose(crossed[:, 1:], images[:, 1:])  # the ink has the ground's green and blue
    assert crossed.amax() <= 0.9 + 1e-6 and crossed[:, 0][changed].max() > 0.89
    assert not changed[:, :4].any() and not changed[:, 24:].any()  # at its top a bar would make a 1 a 7
    rows, columns = changed.any(dim=2).sum(1), changed.any(dim=1).sum(1)
    assert (columns > rows)[rows > 0].float().mean() > 0.9  # it lies, more or less


@pytest.mark.parametrize(
    "source, target, may_be_crossed",
    [("usps", "mnistm", True), ("svhn", "mnistm", True), ("mnistm", "mnistm", False), ("mnistm", "svhn", False)],
)
def test_digits_are_crossed_on_the_way_to_writers_who_do(digits, monkeypatch, source, target, may_be_crossed):
    used = []
    monkeypatch.setattr("training.augment.digits.lay_bar_across", lambda images, uniform: used.append(1) or images)
    augment(digits[source], source, target, generator(), digits[target])
    assert bool(used) == may_be_crossed


def test_lifted_strokes_use_the_full_range():
    images = 0.4 + 0.1 * torch.rand(5, 3, 28, 28)
    strokes = lift_strokes(images)
    assert strokes.amin(dim=(1, 2, 3)).max() < 1e-5 and strokes.amax(dim=(1, 2, 3)).min() > 0.97


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
