import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from training.synthetic.digits import MAKERS, demo_arrays, handwriting, make_demo


@pytest.fixture(scope="module", params=MAKERS)
def made(request):
    """One domain's name, images and labels."""
    return request.param, *demo_arrays(request.param, 1200, seed=3)


def test_shapes_and_types(made):
    _, images, labels = made
    assert images.shape == (1200, 28, 28, 3) and images.dtype == np.uint8
    assert labels.shape == (1200,) and labels.dtype == np.int64


def test_every_digit_comes_about_equally_often(made):
    _, _, labels = made
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10 and counts.min() > 80 and counts.max() < 160


def test_same_seed_same_images(made):
    domain, images, labels = made
    again, labels_again = demo_arrays(domain, 1200, seed=3)
    assert np.array_equal(images, again) and np.array_equal(labels, labels_again)


def test_other_seed_other_images(made):
    domain, images, _ = made
    assert not np.array_equal(images, demo_arrays(domain, 1200, seed=4)[0])


def test_no_two_images_are_alike(made):
    _, images, _ = made
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) > 1190


def test_usps_digits_are_grey_and_touch_top_and_bottom():
    images, _ = demo_arrays("usps", 500)
    assert (images == images[..., :1]).all()
    assert (images[:, 0].max(axis=(1, 2)) > 60).all() and (images[:, -1].max(axis=(1, 2)) > 60).all()


def test_mnist_sized_digits_fill_the_middle_20_pixels():
    ink, _ = handwriting(np.random.default_rng(0), 500, size=20)
    assert ink[:, 5:-5, 5:-5].max(axis=(1, 2)).min() > 0.9
    ink[:, 3:-3, 3:-3] = 0
    assert ink.max() == 0


def test_svhn_digits_are_seen_against_their_background():
    images, _ = demo_arrays("svhn", 500)
    deviation = images.astype(float).std(axis=(1, 2)).max(axis=1)
    assert np.quantile(deviation, 0.05) > 5


@pytest.mark.parametrize("domain, mode", [("usps", "L"), ("mnist", "L"), ("mnistm", "RGB"), ("svhn", "RGB")])
def test_course_layout(tmp_path, domain, mode):
    folder = make_demo(tmp_path, domain, 12, seed=1)
    assert folder == tmp_path / "digits" / domain / "test"
    assert sorted(path.name for path in folder.iterdir()) == [f"{number:05}.png" for number in range(12)]
    images, labels = demo_arrays(domain, 12, seed=1)
    with Image.open(folder / "00007.png") as image:
        assert image.mode == mode
        assert np.array_equal(np.asarray(image.convert("RGB")), images[7])
    rows = (folder.parent / "test.csv").read_bytes().split(b"\r\n")
    assert rows[0] == b"image_name,label" and rows[-1] == b"" and len(rows) == 14
    assert rows[8] == b"00007.png,%d" % labels[7]


def test_existing_images_are_left_alone(tmp_path):
    folder = make_demo(tmp_path, "usps", 2)
    before = (folder / "00000.png").read_bytes()
    with pytest.raises(FileExistsError):
        make_demo(tmp_path, "usps", 3, seed=5)
    assert (folder / "00000.png").read_bytes() == before


def test_no_images_make_no_folder(tmp_path):
    command = [sys.executable, "-m", "training.synthetic.digits", "--out", str(tmp_path), "--count", "-1"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2 and "give one image or more" in result.stderr and not list(tmp_path.iterdir())


def test_command_line(tmp_path):
    command = [sys.executable, "-m", "training.synthetic.digits", "--out", str(tmp_path), "--count", "3"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.count("3 images in ") == len(
        MAKERS
    )
    assert len(list(tmp_path.rglob("*.png"))) == 3 * len(MAKERS)
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode != 0 and "Traceback" not in again.stderr
