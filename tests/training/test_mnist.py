"""MNIST's reader, and which labels are opened."""

import pytest
import torch
from PIL import Image

from tests.training.mnist_like import write_labels, write_mnist
from training.__main__ import main
from training.data.mnist import (
    few_rows,
    load_few_and_unlabelled,
    load_few_labels,
    load_labelled,
    load_unlabelled,
    read_labelled_grey,
)
from training.errors import DataError
from training.settings import RunSettings
from training.systems import SYSTEMS

CPU = torch.device("cpu")


@pytest.fixture
def data(tmp_path):
    return write_mnist(tmp_path / "hw3_data", test=3)


def settings(data, seed=0):
    return RunSettings(data=data, epochs=1, steps_per_epoch=60, batch=4, seed=seed)


def test_digits_are_grey_at_the_size_that_is_asked_for(data):
    for size in (28, 32, 28):  # the second size must not be read from the first one's cache
        assert read_labelled_grey(data, "test", size).images.shape == (3, 1, size, size)
    odd = data / "digits/mnist/test/00001.png"
    Image.new("L", (50, 40), 90).save(odd)
    assert (read_labelled_grey(data, "test", 32).images[1] == 90).all()


def test_an_epoch_brings_every_training_digit_before_any_twice(data):
    digits = load_labelled(settings(data), CPU, 28)
    assert len(digits.training.labels) == 220 and len(digits.validation.labels) == 20
    batches = list(digits.batches(settings(data), seed=1))
    images = torch.cat([images for images, _ in batches])
    assert len(images) == 240
    assert len(torch.unique(images[:220], dim=0)) == len(torch.unique(digits.training.images, dim=0))


def test_held_out_digits_are_not_trained_on(data):
    digits = load_labelled(settings(data), CPU, 28)
    training = {image.numpy().tobytes() for image in digits.training.images}
    assert not any(image.numpy().tobytes() in training for image in digits.validation.images)


def test_images_alone_need_no_label_file(data):
    (data / "digits/mnist/train.csv").unlink()
    unlabelled = load_unlabelled(settings(data), CPU, 32)
    assert len(unlabelled.training) == 220 and len(unlabelled.validation) == 20
    with pytest.raises(DataError, match="train.csv"):
        load_labelled(settings(data), CPU, 32)


def test_a_seed_draws_five_labels_of_each_digit():
    labels = torch.arange(100) % 10
    first, again, other = (few_rows(labels, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert len(first.unique()) == 50 and torch.bincount(labels[first]).tolist() == [5] * 10


def test_the_unlabelled_images_come_without_their_labels(data):
    pair = load_few_and_unlabelled(
        SYSTEMS["transfer_unlabelled"].settings.__class__(source="mnist", target="mnist", data=data, epochs=1), CPU
    )
    assert pair.source.images.shape == (50, 3, 28, 28) and pair.target.shape == (220, 3, 28, 28)
    assert torch.equal(pair.source.labels, load_few_labels(settings(data), CPU, 28).training.labels)


def test_labels_without_a_digit_are_refused_in_one_line(data, capsys):
    write_labels(data, "train", [row % 9 for row in range(240)])
    with pytest.raises(SystemExit) as ended:
        main(["transfer_layer_frozen", "--data", str(data), "--out", str(data / "run")])
    message = capsys.readouterr().err
    assert ended.value.code == 2 and message.count("\n") == 1 and "labels 0 images 9" in message
