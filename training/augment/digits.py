"""Augmentation of digits: batched, on the images' device, from one source of random numbers.

All functions take and return float images N x 3 x 28 x 28 in [0, 1]. No flips: a mirrored 2 or 5
is no digit, and 6 turned over is 9. A range without a reason beside it was set by looking at augmented
images beside the target's, and never tuned.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.augment.domains import DOMAINS, Domain


@dataclass
class Uniform:
    """Draws one number an image from a range, shaped to broadcast over that image."""

    count: int
    random: Generator

    def __call__(self, low: float, high: float, channels: int = 1) -> Tensor:
        shape = (self.count, channels, 1, 1)
        draw = torch.rand(shape, generator=self.random, device=self.random.device)
        return low + (high - low) * draw

    def chance(self, probability: float) -> Tensor:
        return self(0, 1) < probability


def warped_grid(
    uniform: Uniform, shrink_width: float = 1.0, shrink_height: float = 1.0, sizes: tuple[float, float] = (0.75, 1.25)
) -> Tensor:
    """Sampling coordinates N x 28 x 28 x 2: digits smaller by these factors, in sizes that vary,
    then turned, sheared, shifted and bent."""
    angle = uniform(-0.3, 0.3).flatten()  # radians; a 6 must not become a 9
    shear = uniform(-0.3, 0.3).flatten()  # handwriting leans, house numbers do not
    scale = uniform(*sizes).flatten()
    aspect = uniform(0.8, 1.25).flatten()  # proportions vary by a quarter in every domain
    shift = uniform(-0.15, 0.15, channels=2).flatten(1)  # 2 pixels of 28: boxes are never exact
    cos, sin = torch.cos(angle), torch.sin(angle)
    across, down = shrink_width * scale * aspect, shrink_height * scale
    x_row = torch.stack([across * cos, across * (shear - sin), shift[:, 0]], dim=1)
    y_row = torch.stack([down * sin, down * cos, shift[:, 1]], dim=1)
    affine = torch.stack([x_row, y_row], dim=1)
    return F.affine_grid(affine, (uniform.count, 3, 28, 28), align_corners=False) + bend(uniform)


def bend(uniform: Uniform, size: int = 28) -> Tensor:
    """A smooth displacement N x size x size x 2, as one hand differs from another and from print
    (Simard et al., "Best practices for convolutional neural networks", 2003)."""
    knots = torch.randn(uniform.count, 2, 5, 5, generator=uniform.random, device=uniform.random.device)
    knots = uniform(0, 0.12) * knots  # up to 1.7 of 28 pixels' deviation, 7 pixels apart
    return F.interpolate(knots, size=size, mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


def read_at(images: Tensor, grid: Tensor, padding: str) -> Tensor:
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def with_contrast_of(images: Tensor, reference: Tensor) -> Tensor:
    """Images shifted and scaled, channel by channel, to the mean and deviation of the reference."""
    deviation, mean = torch.std_mean(images, dim=(2, 3), keepdim=True)
    wanted_deviation, wanted_mean = torch.std_mean(reference, dim=(2, 3), keepdim=True)
    return (images - mean) / (deviation + 1e-3) * wanted_deviation + wanted_mean


def read_with_neighbours(images: Tensor, grid: Tensor, padding: str, uniform: Uniform) -> Tensor:
    """Like `read_at`, from a row of digits: others of the batch stand left and right of half of them."""
    result = read_at(images, grid, padding)
    for side in (-1, 1):
        others = with_contrast_of(images.roll(side, dims=0), images)
        distance = uniform(0.95, 1.3)[:, 0]  # 13 to 18 pixels from centre to centre
        shifted = torch.stack([grid[..., 0] - side * distance, grid[..., 1]], dim=-1)
        beyond = (side * grid[..., 0] > distance / 2).unsqueeze(1) & uniform.chance(0.5)
        result = torch.where(beyond, read_at(others, shifted, padding), result)
    return result.clamp(0, 1)


def background_patches(photos: Tensor, uniform: Uniform) -> Tensor:
    """Texture from a corner of each photo, where no digit is, mirrored until it fills the frame."""
    half_window = 0.3  # 8 of 28 pixels a side: the digit's box begins at 4
    corner = torch.sign(uniform(-1, 1, channels=2)).flatten(1)[:, None, None, :] * (1 - half_window)
    grid = warped_grid(uniform) * uniform(0.8, 2.5)  # 1 / 0.3 would keep the texture's size
    folded = ((grid + 1) % 4 - 2).abs() - 1  # a triangle wave in [-1, 1]
    return read_at(photos, corner + half_window * folded, "border")


def compose(strokes: Tensor, photos: Tensor, uniform: Uniform) -> Tensor:
    """White strokes over patches of unlabelled photos as in MNIST-M: |patch - stroke|.

    Strokes are hardened with a random threshold and gain, which varies their thickness too.
    """
    hardened = ((strokes - uniform(0.1, 0.6)) * uniform(2, 6)).clamp(0, 1)
    return (background_patches(photos, uniform) - hardened).abs()


def background_colour(images: Tensor) -> Tensor:
    """The median colour N x 3 x 1 x 1: a digit covers less than half of its frame."""
    return images.flatten(2).median(dim=2).values[..., None, None]


def lay_bar_across(images: Tensor, uniform: Uniform) -> Tensor:
    """A bar across the middle of a quarter of the digits, in the colour furthest from the ground's.

    Of any digit: a bar there makes none into another, while one at its top makes a 1 a 7, and at
    its foot a 7 a 2.
    """
    ground = background_colour(images)
    strength = (images - ground).abs().sum(dim=1)  # N x 28 x 28
    furthest = strength.flatten(1).argmax(dim=1)[:, None, None].expand(-1, 3, 1)
    ink = images.flatten(2).gather(2, furthest).unsqueeze(3)
    angle, left, top = uniform(-0.4, 0.4), uniform(-3, 3), uniform(-3, 3)  # radians; pixels from the frame's centre
    pixels = torch.arange(28, device=images.device) - 13.5
    x, y = pixels - left, pixels[:, None] - top
    along, across = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    outside = torch.maximum(
        along.abs() - uniform(4, 8), across.abs() - uniform(0.5, 2)
    )  # half of its length and thickness
    cover = (0.5 - outside).clamp(0, 1) * uniform.chance(0.25)  # edges one pixel soft
    return images + cover * (ink - images)


def lift_strokes(images: Tensor) -> Tensor:
    """Grey at full contrast. It may come out as black strokes on white, which is as good here:
    composing inverts the photo either under the strokes or around them."""
    grey = images.mean(dim=1, keepdim=True)
    low, high = grey.amin(dim=(2, 3), keepdim=True), grey.amax(dim=(2, 3), keepdim=True)
    return ((grey - low) / (high - low + 1e-3)).expand_as(images)


def cover_neighbours(images: Tensor, uniform: Uniform) -> Tensor:
    """Paints the ground's colour over what lies left and right of the digit, in half of the images."""
    from_centre = (torch.arange(28, device=images.device) - 13.5).abs()
    half_width = uniform(7, 12)  # pixels; printed digits are 10 to 18 wide
    covered = (from_centre > half_width) & uniform.chance(0.5)
    return torch.where(covered, background_colour(images), images)


def lay_over_photos(images: Tensor, look: Domain, photos: Tensor, uniform: Uniform) -> Tensor:
    """All digits that were strokes on black go over photos, and half of those lifted from a plain
    ground: lifting keeps shades and frames that are no strokes."""
    if look.background == "none":
        return compose(images, photos, uniform)
    return torch.where(uniform.chance(0.5), compose(lift_strokes(images), photos, uniform), images)


def jitter_colours(images: Tensor, uniform: Uniform) -> Tensor:
    """Contrast, inversion, colour casts, and a soft threshold towards two-tone images."""
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    sign = torch.where(uniform.chance(0.5), -1.0, 1.0)  # dark on light is as good as light on dark
    contrasted = 0.5 + sign * uniform(0.4, 1.4) * (images - mean)
    cast = uniform(0.7, 1.3, channels=3) * contrasted + uniform(-0.2, 0.2, channels=3)
    deviation, mean = torch.std_mean(cast, dim=(1, 2, 3), keepdim=True)
    threshold = mean + uniform(-0.7, 0.7) * deviation  # thin strokes or thick ones
    two_tone = torch.sigmoid(uniform(1, 4) * (cast - threshold) / (deviation + 1e-3))
    return torch.where(uniform.chance(0.3), two_tone, cast)


def blur(images: Tensor, uniform: Uniform) -> Tensor:
    """Gaussian blur with its own width for each image, up to that of the blurriest house numbers."""
    sigma = uniform(-0.9, 1.5).clamp(min=0.3)[:, :, 0]  # pixels; 0.3 leaves half of the images as they are
    offsets = torch.arange(-3, 4, device=images.device)
    weights = torch.exp(-(offsets**2) / (2 * sigma**2))
    weights = (weights / weights.sum(dim=-1, keepdim=True)).repeat_interleave(3, dim=0)  # 3N x 1 x 7
    planes = images.reshape(1, -1, 28, 28)
    rows = F.conv2d(F.pad(planes, (3, 3, 0, 0), "replicate"), weights[:, :, None, :], groups=planes.shape[1])
    both = F.conv2d(F.pad(rows, (0, 0, 3, 3), "replicate"), weights[:, :, :, None], groups=planes.shape[1])
    return both.reshape(images.shape)


def add_noise(images: Tensor, uniform: Uniform) -> Tensor:
    noise = torch.randn(images.shape, generator=uniform.random, device=images.device)
    return images + uniform(0, 0.3) * images.std(dim=(1, 2, 3), keepdim=True) * noise


def cut_out(images: Tensor, uniform: Uniform) -> Tensor:
    """An 8x8 square of the image's own mean, anywhere (DeVries & Taylor, 2017)."""
    pixels = torch.arange(28, device=images.device)
    top, left = uniform(-4, 24), uniform(-4, 24)
    rows = (pixels >= top[..., 0]) & (pixels < top[..., 0] + 8)
    columns = (pixels >= left[..., 0]) & (pixels < left[..., 0] + 8)
    square = rows[..., :, None] & columns[..., None, :]
    return torch.where(square, images.mean(dim=(1, 2, 3), keepdim=True), images)


def augment(images: Tensor, domain: str, towards: str, random: Generator, photos: Tensor | None = None) -> Tensor:
    """Strong augmentation of one domain's images so that they resemble another's.

    images, photos: uint8 or float N x 3 x 28 x 28, photos being unlabelled images of `towards`,
    needed where that domain has photos and this one has not. domain, towards: names in DOMAINS.
    """
    look, goal = DOMAINS[domain], DOMAINS[towards]
    uniform = Uniform(len(images), random)
    images = to_float(images)
    if look.has_neighbours and not goal.has_neighbours:
        images = cover_neighbours(images, uniform)
    if goal.is_crossed and not look.is_crossed:
        images = lay_bar_across(images, uniform)
    grid = warped_grid(uniform, look.digit_width / goal.digit_width, look.digit_height / goal.digit_height, goal.sizes)
    if goal.has_neighbours and not look.has_neighbours:
        images = read_with_neighbours(images, grid, look.padding, uniform)
    else:
        images = read_at(images, grid, look.padding)
    if goal.background == "photo" and look.background != "photo":
        images = lay_over_photos(images, look, to_float(photos), uniform)
    return cut_out(add_noise(blur(jitter_colours(images, uniform), uniform), uniform), uniform).clamp(0, 1)


def augment_weakly(images: Tensor, domain: str, random: Generator) -> Tensor:
    """Small turns, shifts of a pixel or so and small changes of size: another look at the same digit, as
    easy to read. Knows nothing of any other domain."""
    uniform = Uniform(len(images), random)
    angle, scale = uniform(-0.1, 0.1).flatten(), uniform(0.95, 1.05).flatten()
    shift = uniform(-0.05, 0.05, channels=2).flatten(1)  # 0.7 pixels
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    affine = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    grid = F.affine_grid(affine, (uniform.count, 3, 28, 28), align_corners=False)
    return read_at(to_float(images), grid, DOMAINS[domain].padding)


def to_float(images: Tensor) -> Tensor:
    """uint8 in [0, 255] -> float in [0, 1]; float stays as it is."""
    return images / 255 if images.dtype == torch.uint8 else images
