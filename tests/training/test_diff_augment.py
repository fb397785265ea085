import torch

from training.augment.images import (
    CUT_OUT,
    MOST_GAP,
    SHIFT,
    AdaptiveAugmentation,
    cut_out,
    diff_augment,
    recolour,
    translate,
)


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def test_gradients_pass_to_every_image():
    images = torch.rand(6, 3, 64, 64, requires_grad=True)
    diff_augment(images, random()).square().sum().backward()
    assert (images.grad.abs().sum(dim=(1, 2, 3)) > 0).all()


def test_images_differ_and_seeds_repeat():
    images = torch.rand(1, 3, 64, 64).expand(4, 3, 64, 64)
    augmented = diff_augment(images, random())
    assert augmented.shape == images.shape
    assert not torch.equal(augmented[0], augmented[1])
    assert torch.equal(augmented, diff_augment(images, random()))
    assert not torch.equal(augmented, diff_augment(images, random(1)))


def test_translation_moves_whole_pixels_and_fills_with_grey():
    images = torch.rand(40, 3, 64, 64) + 1  # nothing is 0
    moved = translate(images, random())
    shifts = set()
    for before, after in zip(images, moved):
        inside = after[0] != 0
        rows, columns = inside.any(dim=1).nonzero().ravel(), inside.any(dim=0).nonzero().ravel()
        assert inside.sum() == len(rows) * len(columns)
        down = rows[0].item() - (63 - rows[-1].item())
        right = columns[0].item() - (63 - columns[-1].item())
        assert torch.equal(after, torch.nn.functional.pad(before, (right, -right, down, -down)))
        shifts |= {down, right}
    assert max(shifts) == SHIFT and min(shifts) == -SHIFT


def test_cut_out_is_a_grey_square():
    cut = cut_out(torch.ones(40, 3, 64, 64), random())
    assert cut.unique().tolist() == [0, 1]
    assert (cut == cut[:, :1]).all()
    sizes = (cut[:, 0] == 0).sum(dim=(1, 2))
    assert sizes.min() >= (CUT_OUT / 2) ** 2 - CUT_OUT and sizes.max() <= CUT_OUT**2


def test_colours_keep_their_grey_image_up_to_gain_and_offset():
    images = torch.rand(5, 3, 64, 64)
    before, after = images.mean(dim=1).flatten(1), recolour(images, random()).mean(dim=1).flatten(1)
    for one, other in zip(before, after):
        assert torch.corrcoef(torch.stack([one, other]))[0, 1] > 0.999
        assert 0.5 <= (other.std() / one.std()) <= 1.5
        assert abs(other.mean() - one.mean()) <= 0.5


def test_probability_follows_what_is_learned_by_heart():
    augmentation = AdaptiveAugmentation()
    for _ in range(20):
        augmentation.adapt(0.9, 0.9 - MOST_GAP - 0.01)
    assert augmentation.probability == 1
    again = AdaptiveAugmentation()
    again.load_state_dict(augmentation.state_dict())
    for _ in range(5):
        again.adapt(0.9, 0.9 - MOST_GAP + 0.01)
    assert abs(again.probability - 0.5) < 1e-9
    for _ in range(20):
        again.adapt(0.5, 0.9)
    assert again.probability == 0


def test_that_share_of_the_images_is_distorted():
    augmentation, images = AdaptiveAugmentation(), torch.rand(400, 3, 16, 16)
    assert augmentation(images, random()) is images
    augmentation.probability = 0.3
    distorted = (augmentation(images, random()) != images).flatten(1).any(dim=1)
    assert 0.2 < distorted.float().mean() < 0.4
