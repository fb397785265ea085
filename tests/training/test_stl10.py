"""STL-10: its binary files, the stand-in, views, masks, encoders from runs and from ImageNet, scores and figures."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from torchvision.datasets import STL10
from torchvision.models import ResNet18_Weights, resnet18

from models.photo_autoencoder import PhotoAutoencoder
from tests.training.commands import command
from tests.training.photo_data import short_run, write_folders, write_stl10
from training.augment.views import colour_mixing, view
from training.data import prepare_stl10
from training.data.imagenet_weights import URL, read_imagenet_weights
from training.data.stl10 import read_fold, read_images, read_labelled_stl10, source
from training.drawing.photos import result_of
from training.errors import DataError, RunError
from training.methods.photo_autoencoder import masked
from training.methods.simclr import contrastive_loss
from training.run_folder import RunFolder
from training.scores.photos import from_json
from training.synthetic.photos import demo_photos


@pytest.fixture
def data(tmp_path):
    return write_stl10(tmp_path / "data")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_stl10(tmp_path_factory.mktemp("stl10"))


@pytest.fixture(scope="module")
def reconstruction(files, tmp_path_factory):
    """A short run of the autoencoder on made files."""
    return short_run("stl10_reconstruction", files, tmp_path_factory.mktemp("runs") / "reconstruction")


def test_images_and_labels_are_those_that_torchvision_reads(data):
    """torchvision's own reader of one file; its constructor takes only files with the real ones' MD5 sums."""
    theirs = STL10.__new__(STL10)
    theirs.root = data
    images, labels = theirs._STL10__loadfile("train_X.bin", "train_y.bin")
    photos = read_labelled_stl10(data, "train")
    assert np.array_equal(photos.images.numpy(), images) and photos.labels.tolist() == labels.tolist()
    assert np.array_equal(photos.images.permute(0, 2, 3, 1).numpy(), demo_photos(40, 96, 0)[0])
    assert len(read_images(data, "unlabeled_X.bin")) == 40 and source(data) == "STL-10"
    assert read_fold(data, 1).tolist() == [0, 5, 7]


def cut_short(folder):
    (folder / "train_X.bin").write_bytes(b"x" * 100)


def missing(folder):
    (folder / "train_X.bin").unlink()


def one_label_less(folder):
    (folder / "train_y.bin").write_bytes((folder / "train_y.bin").read_bytes()[1:])


def label_zero(folder):
    (folder / "train_y.bin").write_bytes(bytes(40))


@pytest.mark.parametrize(
    "spoil, message",
    [
        (cut_short, "cut short"),
        (missing, "train_X.bin is not there"),
        (one_label_less, "39 labels for 40 images"),
        (label_zero, "label 0"),
    ],
)
def test_damaged_files_are_named_in_one_line(data, tmp_path, spoil, message):
    spoil(data / "stl10_binary")
    result = command("training", "stl10_supervised", "--data", data, "--out", tmp_path / "run")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and message in result.stderr


def test_a_fold_that_is_not_there(files, tmp_path):
    result = command("training", "stl10_supervised", "--data", files, "--fold", "2", "--out", tmp_path / "run")
    assert result.returncode == 2 and "folds 0 to 1, not 2" in result.stderr


def test_the_stand_in(tmp_path, monkeypatch):
    """Every image of CIFAR-10's training split is labelled or unlabelled, and the files say what they are."""
    monkeypatch.setattr(prepare_stl10, "LABELLED", 3)
    monkeypatch.setattr(prepare_stl10, "FOLD", 5)
    prepare_stl10.prepare(write_folders(tmp_path / "cifar"), tmp_path / "out")
    labelled = read_labelled_stl10(tmp_path / "out", "train")
    assert labelled.labels.bincount().tolist() == [3] * 10
    assert len(read_images(tmp_path / "out", "unlabeled_X.bin")) == 10
    assert len(read_fold(tmp_path / "out", 9)) == 5
    test = read_labelled_stl10(tmp_path / "out", "test")
    assert len(test.labels) == 40 and source(tmp_path / "out").startswith("stand-in")
    small = torch.nn.functional.interpolate(test.images[:1].float(), 32, mode="area")[0]
    first = torch.from_numpy(demo_photos(40, 32, 1)[0][0]).permute(2, 0, 1)
    assert (small - first).abs().mean() < 12


def test_too_few_images_for_a_stand_in(tmp_path):
    result = command("training.data.prepare_stl10", write_folders(tmp_path / "cifar"), tmp_path / "out")
    assert result.returncode == 2 and "airplane has 4 training images" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_stand_in_takes_no_real_ones_place(data):
    """Not even where it is made in the folder that the data lies in."""
    real = {file: file.read_bytes() for file in (data / "stl10_binary").iterdir()}
    result = command("training.data.prepare_stl10", write_folders(data), data)
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "holds the real STL-10" in result.stderr
    assert {file: file.read_bytes() for file in (data / "stl10_binary").iterdir()} == real


def test_a_stand_in_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_stl10, "LABELLED", 3)
    monkeypatch.setattr(prepare_stl10, "FOLD", 5)
    write_folders(tmp_path)
    prepare_stl10.prepare(tmp_path, tmp_path)
    prepare_stl10.prepare(tmp_path, tmp_path)
    assert len(read_images(tmp_path, "unlabeled_X.bin")) == 10


def test_views_are_crops_in_other_colours():
    random = torch.Generator().manual_seed(0)
    views = view(torch.from_numpy(demo_photos(20, 96)[0]).permute(0, 3, 1, 2), 48, random)
    assert views.shape == (20, 3, 48, 48) and views.abs().max() <= 1 and views.std(dim=0).min() > 0
    colours = torch.rand(3, 5)
    same, turned, grey = (
        colour_mixing(*torch.tensor([[s], [a]])) @ colours for s, a in ((1.0, 0), (1.0, 2.1), (0.0, 0))
    )
    assert torch.allclose(same[0], colours, atol=1e-6)
    assert torch.allclose(turned[0].mean(0), colours.mean(0), atol=1e-6) and not torch.allclose(turned[0], colours)
    assert torch.allclose(grey[0], colours.mean(0).expand(3, 5), atol=1e-6)


def test_contrastive_loss_of_known_projections():
    """Pairs that are alike and at right angles to all others: e^(1/t) against that and 2 (N - 1) ones."""
    unit = torch.eye(4)
    expected = -torch.log(torch.tensor(2.0).exp() / (torch.tensor(2.0).exp() + 6))
    assert contrastive_loss(torch.cat([unit, 3 * unit]), 0.5).item() == pytest.approx(expected.item(), rel=1e-5)
    assert contrastive_loss(torch.cat([unit, unit.roll(1, 0)]), 0.5) > expected + 1


def test_masks_hide_whole_squares_and_at_most_the_share():
    seen = masked(torch.ones(400, 3, 96, 96), 0.8, torch.Generator().manual_seed(0))
    squares = seen.unflatten(2, (8, 12)).unflatten(4, (8, 12))
    assert torch.equal(squares.amin((3, 5)), squares.amax((3, 5)))
    hidden = (seen == 0).flatten(1).float().mean(1)
    assert hidden.min() < 0.05 and 0.7 < hidden.max() < 0.95 and hidden.mean().item() == pytest.approx(0.4, abs=0.05)


def test_the_autoencoder_has_about_200_000_parameters():
    assert 190_000 < sum(parameter.numel() for parameter in PhotoAutoencoder().parameters()) < 210_000


def encoder_of(run):
    return {name: value for name, value in RunFolder(run).load_best()["state"].items() if name.startswith("encoder.")}


def test_a_frozen_encoder_stays_and_a_trained_one_moves(files, reconstruction, tmp_path):
    given = encoder_of(reconstruction)
    for row, moves in (("stl10_autoencoder", False), ("stl10_autoencoder_trained", True)):
        run = short_run(row, files, tmp_path / row, encoder_run=reconstruction, encoder_rate=1.0)
        stored = encoder_of(run)
        assert RunFolder(run).load_best()["started_from"]["system"] == "stl10_reconstruction"
        for name in ("encoder.0.weight", "encoder.1.running_mean"):
            close = torch.allclose(stored[name].float(), given[name], atol=1e-3)
            assert close != moves, name


def test_an_encoder_from_nowhere_or_from_another_row(files, reconstruction, tmp_path):
    with pytest.raises(RunError, match="give --encoder-run"):
        short_run("stl10_autoencoder", files, tmp_path / "run")
    with pytest.raises(RunError, match="is a run of stl10_reconstruction: give one of stl10_simclr"):
        short_run("stl10_resnet18", files, tmp_path / "run", encoder_run=reconstruction)
    with pytest.raises(RunError, match="not a finished run"):
        short_run("stl10_resnet18", files, tmp_path / "run", encoder_run=tmp_path)


def test_imagenet_weights_from_a_file_and_from_the_cache(files, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    arguments = ("stl10_resnet18_imagenet", "--data", files, "--out", tmp_path / "run")
    absent = command("training", *arguments)
    assert absent.returncode == 2 and "resnet18-f37072fd.pth" in absent.stderr and "download https://" in absent.stderr
    assert ResNet18_Weights.IMAGENET1K_V1.url == URL
    cached = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    cached.parent.mkdir(parents=True)
    theirs = resnet18(weights=None).state_dict()
    torch.save(theirs, cached)
    assert torch.equal(read_imagenet_weights(None)["network.layer4.1.conv2.weight"], theirs["layer4.1.conv2.weight"])
    other = tmp_path / "other.pth"
    torch.save({"weight": torch.zeros(3)}, other)
    with pytest.raises(DataError, match="other.pth is not torchvision's file"):
        read_imagenet_weights(other)


def test_scores_and_figures(files, reconstruction, tmp_path):
    run = short_run("stl10_autoencoder", files, tmp_path / "run", encoder_run=reconstruction, fold=1)
    (files / "stl10_binary" / "SOURCE.txt").write_text("stand-in: made\n")
    scores, out = tmp_path / "scores.json", tmp_path / "figures"
    result = command("training.scores.photos", run, reconstruction, "--data", files, "--scores", scores)
    assert result.returncode == 0, result.stderr
    assert "| stand-in: made | autoencoder's encoder, frozen | 0 | 154,618 | 3 (fold 1) |" in result.stdout
    assert len(json.loads(scores.read_text())) == 1
    drawn = command("training.drawing.photos", run, reconstruction, "--data", files, "--scores", scores, "--out", out)
    assert drawn.returncode == 0, drawn.stderr
    assert {"history_run.png", "reconstructions_reconstruction.png"} < {file.name for file in out.iterdir()}
    stand_in = from_json(json.loads(scores.read_text()))[0]
    results = [dataclasses.replace(stand_in, data="STL-10", temperature=9.0), stand_in]
    assert result_of(run, files, results) == stand_in
    (files / "stl10_binary" / "SOURCE.txt").unlink()
    assert result_of(run, files, results).temperature == 9
    with pytest.raises(DataError, match="has no scores on STL-10"):
        result_of(run, files, results[1:])
