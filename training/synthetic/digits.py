"""Digit images made from what the packages carry: for the demo, the tests, smoke runs and benchmarks.

No real data set may be shipped here, so each domain has a look-alike:
- usps: scikit-learn's handwritten digits (8x8), enlarged until they fill the frame, white on black;
- mnist: the same digits, 20 of 28 pixels high;
- mnistm: those as |patch - digit| over scikit-learn's two photos;
- svhn: digits of matplotlib's fonts between neighbours, coloured, turned a little and blurred.

    python3 -m training.synthetic.digits --out demo/hw3_data --count 1000

writes the course layout: DIR/digits/<domain>/test/00000.png ... and test.csv. About 15 seconds for
26,000 images of a domain.
"""

import argparse
import sys
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy import ndarray
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import map_coordinates, zoom

FRAME_Y, FRAME_X = np.mgrid[:28, :28] - 13.5  # pixel coordinates, 0 in the middle
CHUNK = 1000  # images made at once: bounds the memory of a large set
FONTS = (  # shipped inside matplotlib, so alike on every machine
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "STIXGeneral",
    "STIXGeneralBol",
    "cmb10",
    "cmr10",
    "cmss10",
    "cmtt10",
)
GLYPH_SIDE, GLYPH_HEIGHT = 64, 48  # a rendered digit's canvas and its height there


def read_at(images: ndarray, index: ndarray, x: ndarray, y: ndarray) -> ndarray:
    """Bilinear values of images[index[n]] at pixel coordinates x[n], y[n]; 0 outside.

    Images M x H x W, index N, x and y N x h x w -> N x h x w.
    """
    return map_coordinates(images, [np.broadcast_to(index[:, None, None], x.shape), y, x], order=1)


def draw(rng: Generator, low: float, high: float, count: int) -> ndarray:
    """One uniform number an image, N x 1 x 1, to broadcast over its pixels."""
    return rng.uniform(low, high, (count, 1, 1))


@cache
def enlarged_digits() -> tuple[ndarray, ndarray]:
    """scikit-learn's 1,797 digits as 40x40 images in [0, 1] with a dark border, and their labels."""
    from sklearn.datasets import load_digits  # takes seconds: not for commands that do without

    digits = load_digits()
    padded = np.pad(digits.images / 16, ((0, 0), (1, 1), (1, 1)))
    return zoom(padded, (1, 4, 4), grid_mode=True, mode="grid-constant"), digits.target


def bounds(ink: ndarray) -> tuple[ndarray, ndarray]:
    """First and last row of each image N x H x W that holds ink, each N x 1 x 1."""
    rows = (ink > 0.5).any(axis=2)
    last = rows.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)
    return rows.argmax(axis=1)[:, None, None], last[:, None, None]


def fit(ink: ndarray, size: int) -> ndarray:
    """Digits enlarged to `size` pixels in height, no wider than that, centred: N x 28 x 28."""
    (top, bottom), (left, right) = bounds(ink), bounds(ink.swapaxes(1, 2))
    y_scale = (bottom - top + 1) / size
    x_scale = np.maximum(y_scale, (right - left + 1) / size)
    x, y = FRAME_X * x_scale + (left + right) / 2, FRAME_Y * y_scale + (top + bottom) / 2
    return read_at(ink, np.arange(len(ink)), x, y)


def handwriting(rng: Generator, count: int, size: int) -> tuple[ndarray, ndarray]:
    """Handwritten digits with a slant and stroke width of their own: N x 28 x 28 in [0, 1], labels N."""
    digits, labels = enlarged_digits()
    index = rng.integers(len(digits), size=count)
    y, x = np.mgrid[:40, :56] - np.array([19.5, 27.5]).reshape(2, 1, 1)  # wide: room to lean
    slanted = read_at(digits, index, x + draw(rng, -0.3, 0.3, count) * y + 19.5, y + np.full((count, 1, 1), 19.5))
    ink = ((slanted - draw(rng, 0.25, 0.5, count)) * 4).clip(0, 1)  # 4: an edge two pixels wide
    return fit(ink, size), labels[index]


def usps_like(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    ink, labels = handwriting(rng, count, size=28)
    return np.repeat(ink[..., None], 3, axis=3), labels


def mnist_like(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    ink, labels = handwriting(rng, count, size=20)
    return np.repeat(ink[..., None], 3, axis=3), labels


def photo_patches(rng: Generator, count: int) -> ndarray:
    """Patches of the two sample photos, every first to third pixel: N x 28 x 28 x 3 in [0, 1]."""
    from sklearn.datasets import load_sample_images  # takes seconds: not for commands that do without

    photos = np.stack(load_sample_images().images)
    step = rng.integers(1, 4, count)
    top, left = (rng.integers(photos.shape[axis] - 28 * step) for axis in (1, 2))
    rows, columns = (start[:, None] + step[:, None] * np.arange(28) for start in (top, left))
    photo = rng.integers(len(photos), size=count)
    return photos[photo[:, None, None], rows[:, :, None], columns[:, None, :]] / 255


def mnistm_like(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    ink, labels = handwriting(rng, count, size=20)
    return np.abs(photo_patches(rng, count) - ink[..., None]), labels


def render_glyph(font: ImageFont.FreeTypeFont, digit: str) -> tuple[Image.Image, int]:
    """One digit, white on black, 48 pixels high in the middle of 64x64, and its width in pixels."""
    left, top, right, bottom = font.getbbox(digit)
    drawn = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(drawn).text((-left, -top), digit, font=font, fill=255)
    width = round(drawn.width * GLYPH_HEIGHT / drawn.height)
    canvas = Image.new("L", (GLYPH_SIDE, GLYPH_SIDE))
    resized = drawn.resize((width, GLYPH_HEIGHT), Image.Resampling.LANCZOS)
    canvas.paste(resized, ((GLYPH_SIDE - width) // 2, (GLYPH_SIDE - GLYPH_HEIGHT) // 2))
    return canvas, width


@cache
def glyphs() -> tuple[ndarray, ndarray]:
    """All fonts' digits, font by font: F*10 x 64 x 64 in [0, 1], and their widths F*10 in pixels."""
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    fonts = [ImageFont.truetype(folder / f"{name}.ttf", 96) for name in FONTS]
    rendered = [render_glyph(font, digit) for font in fonts for digit in "0123456789"]
    return np.stack([np.asarray(image) / 255 for image, _ in rendered]), np.array([width for _, width in rendered])


def turned_grid(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    """Where each pixel of the frame lies in glyph pixels from a digit's middle: x, y N x 28 x 28.

    House numbers: 20 to 26 of 28 pixels high, narrower than print, hardly turned, not quite centred.
    """
    height, narrowing, angle = draw(rng, 20, 26, count), draw(rng, 0.6, 1, count), draw(rng, -0.15, 0.15, count)
    x, y = FRAME_X + draw(rng, -2, 2, count), FRAME_Y + draw(rng, -1, 1, count)
    scale = GLYPH_HEIGHT / height
    return (x * np.cos(angle) + y * np.sin(angle)) * scale / narrowing, (y * np.cos(angle) - x * np.sin(angle)) * scale


def house_numbers(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    """Ink of a digit, two times in three with another on its left and right: N x 28 x 28, labels N."""
    images, widths = glyphs()
    font, labels = rng.integers(len(FONTS), size=count), rng.integers(10, size=count)
    x, y = turned_grid(rng, count)
    middle, own = (GLYPH_SIDE - 1) / 2, 10 * font + labels
    ink = read_at(images, own, x + middle, y + middle)
    for side in (-1, 1):
        other = 10 * font + rng.integers(10, size=count)
        distance = side * ((widths[own] + widths[other])[:, None, None] / 2 + draw(rng, 4, 12, count))
        neighbour = read_at(images, other, x - distance + middle, y + middle)
        ink = np.maximum(ink, neighbour * (draw(rng, 0, 1, count) < 2 / 3))
    return ink, labels


def colours(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    """Background and digit colour, N x 1 x 1 x 3: mostly greyish, of low to high contrast."""
    brightness, contrast = rng.uniform(0.25, 0.75, (count, 1)), rng.uniform(0.15, 0.7, (count, 1))
    sign = rng.choice([-0.5, 0.5], (count, 1))
    tint = np.where(rng.random((count, 1)) < 0.25, 0.12, 0.04)  # one sign in four is painted
    pair = [brightness + side * contrast * sign + tint * rng.standard_normal((count, 3)) for side in (-1, 1)]
    background, digit = (colour.clip(0, 1)[:, None, None, :] for colour in pair)
    return background, digit


def blur(images: ndarray, sigma: ndarray) -> ndarray:
    """Gaussian blur of N x 28 x 28 x 3 with a width each, sigma N x 1 x 1 in pixels.

    As two matrix products: rows of the 28x28 kernel are normalised, which keeps the frame's edges bright.
    """
    kernel = np.exp(-((FRAME_X - FRAME_Y) ** 2) / (2 * sigma**2))
    kernel /= kernel.sum(axis=2, keepdims=True)
    planes = images.transpose(3, 0, 1, 2)
    return (kernel @ planes @ kernel.swapaxes(1, 2)).transpose(1, 2, 3, 0)


def svhn_like(rng: Generator, count: int) -> tuple[ndarray, ndarray]:
    ink, labels = house_numbers(rng, count)
    background, digit = colours(rng, count)
    shade = (draw(rng, -0.1, 0.1, count) * FRAME_X + draw(rng, -0.1, 0.1, count) * FRAME_Y) / 14
    images = background + ink[..., None] * (digit - background) + shade[..., None]
    noise = 0.01 * rng.standard_normal(images.shape)
    return blur(images, draw(rng, 0.5, 1.8, count)) + noise, labels


MAKERS = {"usps": usps_like, "mnist": mnist_like, "mnistm": mnistm_like, "svhn": svhn_like}


def demo_arrays(domain: str, count: int, seed: int = 0) -> tuple[ndarray, ndarray]:
    """Images uint8 N x 28 x 28 x 3 and labels int64 N; the same for the same domain, count and seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    images, labels = np.empty((count, 28, 28, 3), np.uint8), np.empty(count, np.int64)
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        made, labels[part] = MAKERS[domain](rng, part.stop - start)
        images[part] = np.rint(255 * made.clip(0, 1))
    return images, labels


def make_demo(folder: Path | str, domain: str, count: int, seed: int = 0) -> Path:
    """Writes folder/digits/<domain>/test/NNNNN.png and test.csv beside it; returns the image folder.

    usps and mnist are grey like the course's, the others are RGB; the CSV has CRLF line ends like the course's.
    Raises FileExistsError where that folder is there already: it may hold real images.
    """
    target = Path(folder, "digits", domain, "test")
    target.mkdir(parents=True)
    images, labels = demo_arrays(domain, count, seed)
    if domain in ("usps", "mnist"):
        images = images[..., 0]
    for number, image in enumerate(images):
        Image.fromarray(image).save(target / f"{number:05}.png")
    rows = ["image_name,label", *(f"{number:05}.png,{label}" for number, label in enumerate(labels))]
    target.with_suffix(".csv").write_text("\n".join(rows) + "\n", newline="\r\n")
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description="Write demo images in the course layout.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write digits/<domain>/test into")
    parser.add_argument("--count", type=int, default=1000, help="images a domain")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error("--count: give one image or more")
    for domain in MAKERS:
        try:
            print(f"{arguments.count} images in {make_demo(arguments.out, domain, arguments.count)}")
        except OSError as error:
            sys.exit(f"cannot write demo images: {error}")


if __name__ == "__main__":
    main()
