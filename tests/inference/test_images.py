"""Which files count as images, and what each kind of image is decoded to."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from inference import image_folder
from inference.image_folder import UnreadableImage, decode_image
from tests.inference.submission import assert_done, assert_refused, lines, p3, without_root_rights

GREY = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
COLOUR = np.stack([GREY, GREY[::-1], GREY.T], axis=2)
HALF_CLEAR = np.concatenate([COLOUR, np.where(GREY[..., None] % 2, 255, 0).astype(np.uint8)], axis=2)
OVER_WHITE = np.where(GREY[..., None] % 2, COLOUR, 255)


def as_rgb(grey: np.ndarray) -> np.ndarray:
    return np.stack([grey] * 3, axis=2)


def palette_image() -> Image.Image:
    """Its colours are the greys in reverse, so an index taken for a brightness shows."""
    image = Image.fromarray(255 - GREY)
    image = image.convert("P")
    image.putpalette([level for index in range(256) for level in [255 - index] * 3])
    return image


# name: the image, how it is saved, and the pixels that it must decode to
EXACT = {
    "rgb": (Image.fromarray(COLOUR), {}, COLOUR),
    "grey": (Image.fromarray(GREY), {}, as_rgb(GREY)),
    "two-tone": (Image.fromarray(GREY > 99), {}, as_rgb(np.where(GREY > 99, 255, 0))),
    "palette": (palette_image(), {}, as_rgb(GREY)),
    "palette with a clear colour": (palette_image(), {"transparency": 250}, as_rgb(np.where(GREY == 5, 255, GREY))),
    "grey with a clear level": (Image.fromarray(GREY), {"transparency": 5}, as_rgb(np.where(GREY == 5, 255, GREY))),
    "alpha": (Image.fromarray(HALF_CLEAR), {}, OVER_WHITE),
    "grey and alpha": (Image.fromarray(HALF_CLEAR[..., [0, 3]], "LA"), {}, as_rgb(OVER_WHITE[..., 0])),
    "16 bits": (Image.fromarray(GREY.astype(np.uint16) * 257), {}, as_rgb(GREY)),
    "16 bits, high byte": (Image.fromarray(GREY.astype(np.uint16) * 256 + 255), {}, as_rgb(GREY)),
}


@pytest.mark.filterwarnings("ignore")  # Pillow's, about how the test makes its images
@pytest.mark.parametrize("kind", EXACT)
def test_png_of_every_kind(tmp_path, kind):
    image, how, pixels = EXACT[kind]
    image.save(tmp_path / "a.png", **how)
    decoded = decode_image(tmp_path / "a.png")
    assert decoded.dtype == np.uint8 and decoded.shape == (28, 28, 3)
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "YCbCr"])
def test_jpeg_of_every_kind(tmp_path, mode):
    """Lossy, so a plain colour: near enough, and not inverted."""
    Image.new("RGB", (28, 28), (200, 120, 40)).convert(mode).save(tmp_path / "a.jpg", quality=100)
    wanted = np.array([200, 120, 40] if mode != "L" else [135] * 3)
    assert np.abs(decode_image(tmp_path / "a.jpg").astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (8, 8), (64, 48), (1000, 1000)])
def test_other_sizes_are_resized(tmp_path, size):
    Image.new("RGB", size, (9, 99, 199)).save(tmp_path / "a.png")
    assert np.array_equal(decode_image(tmp_path / "a.png"), np.full((28, 28, 3), (9, 99, 199)))


def test_resizing_is_bilinear(tmp_path):
    image = Image.fromarray(COLOUR).resize((64, 48))
    image.save(tmp_path / "a.png")
    assert np.array_equal(decode_image(tmp_path / "a.png"), image.resize((28, 28), Image.Resampling.BILINEAR))


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_image_cut_anywhere_is_refused_or_whole(tmp_path, ending):
    """Never half an image: only a cut behind the last pixel may pass."""
    file = tmp_path / f"a.{ending}"
    Image.fromarray(COLOUR).save(file)
    content, whole = file.read_bytes(), decode_image(file)
    refused = 0
    for length in range(0, len(content), 3):
        file.write_bytes(content[:length])
        try:
            assert np.array_equal(decode_image(file), whole)
        except UnreadableImage:
            refused += 1
    assert refused >= (len(content) - 24) // 3


def test_images_are_decoded_as_they_are_needed(monkeypatch):
    """Memory does not grow with the folder: only the next batch is decoded ahead."""
    decoded = []
    monkeypatch.setattr(image_folder, "decode_batch", lambda folder, names: decoded.append(names) or names)
    names = [f"{index}.png" for index in range(95)]
    seen = []
    for batch in image_folder.decoded_batches("", names, 10):
        seen += batch
        assert len(decoded) <= len(seen) // 10 + 1
    assert seen == names


def test_odd_images_are_predicted(project, output, folder):
    """Through bash, in one folder."""
    for index, (image, how, _) in enumerate(EXACT.values()):
        image.save(folder / f"{index:05d}.png", **how)
    Image.new("CMYK", (40, 40)).save(folder / "cmyk.jpg")
    Image.new("L", (1, 1)).save(folder / "one.jpeg")
    palette_image().resize((5400, 5400)).save(folder / "large.png", transparency=b"\0\1\2")
    assert_done(p3(project, folder, "svhn", output))
    assert [line.split(",")[0] for line in lines(output)] == sorted(os.listdir(folder))


def test_only_images_count_and_each_counts_once(project, folder, output):
    for name in ("B.PNG", "c.JPG", "d.Jpeg", ".hidden.png", "notes.txt", "png"):
        shutil.copy(folder / "00000.png", folder / name)
    (folder / "link.png").symlink_to("00000.png")
    (folder / "pred.csv").write_text("image_name,label\n00000.png,1\n")
    (folder / "folder.png").mkdir()
    (folder / "link to a folder.png").symlink_to("folder.png")
    os.mkfifo(folder / "pipe.png")
    assert_done(p3(project, folder, "svhn", output))
    names = [line.split(",")[0] for line in lines(output)]
    assert names == ["00000.png", "00001.png", "00002.png", "B.PNG", "c.JPG", "d.Jpeg", "link.png"]


def truncated(folder):
    content = (folder / "00000.png").read_bytes()
    (folder / "bad.png").write_bytes(content[: len(content) // 2])


def huge(folder):
    """20,000x20,000 in some 50 kB, all there: only its claimed size gives it away."""
    Image.new("1", (20_000, 20_000)).save(folder / "bad.png")


def unreadable(folder):
    shutil.copy(folder / "00000.png", folder / "bad.png")
    (folder / "bad.png").chmod(0)


def loop(folder):
    (folder / "bad.png").symlink_to("bad.png")


BAD_IMAGES = {
    "truncated": (truncated, "truncated"),
    "text": (lambda folder: (folder / "bad.png").write_text("hello\nworld\n"), "not a PNG or JPEG"),
    "empty": (lambda folder: (folder / "bad.png").write_bytes(b""), "not a PNG or JPEG"),
    "zeros": (lambda folder: (folder / "bad.png").write_bytes(bytes(1000)), "not a PNG or JPEG"),
    "GIF": (lambda folder: Image.new("L", (28, 28)).save(folder / "bad.png", format="gif"), "not a PNG or JPEG"),
    "huge": (huge, "pixels"),
    "so large that Pillow warns": (
        lambda folder: Image.new("1", (10_000, 10_000)).save(folder / "bad.png"),
        "10000x10000 pixels",
    ),
    "dangling link": (lambda folder: (folder / "bad.png").symlink_to("nowhere"), "No such file"),
    "link to itself": (loop, "symbolic links"),
    "no permission": (unreadable, "Permission denied"),
}
TOO_LARGE = {"huge", "so large that Pillow warns"}
WITH_LITTLE_MEMORY = ["prlimit", f"--data={2**30}"]  # bytes: PyTorch fits in, the pixels of "huge" in RGB do not


@pytest.mark.parametrize("kind", BAD_IMAGES)
def test_bad_image(project, folder, output, kind):
    make, words = BAD_IMAGES[kind]
    make(folder)
    rights = without_root_rights() if kind == "no permission" else ()
    before = WITH_LITTLE_MEMORY if kind in TOO_LARGE else rights
    result = p3(project, folder, "svhn", output, before=before)
    assert_refused(result, 4, output, "bad.png", words, "replace or remove")


@pytest.mark.parametrize("pixels, passes", [(32_000_000, True), (32_000_001, False)])
def test_limit_of_pixels(tmp_path, pixels, passes):
    Image.new("1", (pixels, 1)).save(tmp_path / "a.png")
    if passes:
        decode_image(tmp_path / "a.png")
    else:
        with pytest.raises(UnreadableImage, match="pixels"):
            decode_image(tmp_path / "a.png")
