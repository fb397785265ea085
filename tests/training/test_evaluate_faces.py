"""The measures of samples, each against an answer that is known, and the scoring command end to end."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.training.commands import command
from tests.training.face_runs import write_faces, write_runs
from training.data.faces import ATTRIBUTES
from training.errors import DataError
from training.measures.face_detector import face_share
from training.measures.face_neighbours import nearest, repeated
from training.measures.sample_quality import frechet_distance, inception_distance, precision_recall
from training.run_folder import RunFolder
from training.scores.face_table import FaceResults, Quality, Reference, Scores, table
from training.scores.faces import Judge, evaluate, pair_scores, read_faces_to_compare, reconstruction_error

QUALITY = Quality(frechet=5.5, precision=90.0, recall=60.0, found=98.0, repeated=0, copied=0, inception=None)
REFERENCE = Reference(1, 2, 50.0, 50.0, 90.0, QUALITY)

SMILING, MALE = ATTRIBUTES.index("Smiling"), ATTRIBUTES.index("Male")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_faces(tmp_path_factory.mktemp("hw3_data"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp("runs"))


def normal(count: int, *shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((count, *shape))).float()


def test_frechet_distance_of_a_shift_is_its_square():
    features = normal(400, 5)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-3)
    assert frechet_distance(features, features + torch.tensor([3.0, 0, 4, 0, 0])) == pytest.approx(25, rel=1e-3)


def test_frechet_distance_of_a_scale():
    """Gaussians of one mean and deviations s and 2s lie s² apart in each coordinate."""
    features = normal(4000, 3)
    variance = features.var(dim=0).sum().item()
    centred = features - features.mean(dim=0)
    assert frechet_distance(centred, 2 * centred) == pytest.approx(variance, rel=1e-3)


def test_precision_and_recall():
    real, far = normal(300, 2), normal(300, 2, seed=1) + 100
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, far) == (0, 0)
    precision, recall = precision_recall(torch.cat([real, far]), normal(600, 2, seed=2))  # one mode of two
    assert precision > 0.9 and 0.4 < recall <= 0.5


def blotches(count: int, seed: int = 0) -> torch.Tensor:
    small = np.random.default_rng(seed).integers(0, 256, (count, 3, 8, 8), dtype=np.uint8)
    return torch.from_numpy(small.repeat(8, axis=2).repeat(8, axis=3))


def test_repeated_and_copied_images_are_found():
    images = blotches(20)
    noisy = (
        images[3].int() + torch.randint(-20, 21, images[3].shape, generator=torch.Generator().manual_seed(0))
    ).clamp(0, 255)
    samples = torch.cat([images, noisy.to(torch.uint8)[None]])
    distances, found = nearest(samples)
    assert repeated(distances) == 2 and found[3] == 20 and found[20] == 3
    assert repeated(nearest(blotches(20, seed=1), images)[0]) == 0
    assert repeated(nearest(images[:5], images)[0]) == 5


def test_no_face_is_found_where_there_is_none():
    """What it finds on real faces stands in the table that training.scores.faces writes."""
    assert face_share(blotches(10)) == 0


class Seeing:
    """A judge that sees the attributes that the images were painted with."""

    def attributes(self, images: torch.Tensor) -> torch.Tensor:
        seen = torch.zeros(len(images), 13, dtype=torch.bool)
        seen[:, SMILING], seen[:, MALE] = images[:, 0, 0, 0] > 128, images[:, 1, 0, 0] > 128
        return seen


class Painting:
    """Smiles as asked in three of four faces; turns every second one male where it smiles."""

    noise = torch.zeros(32, 2)

    def images(self, noise: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        rows = torch.arange(len(noise))
        images = torch.zeros(len(noise), 3, 64, 64)
        images[:, 0] = torch.where(rows % 4 == 0, -1, 2 * attribute - 1)[:, None, None]
        images[:, 1] = torch.where(rows % 2 == 0, -1, 2 * attribute - 1)[:, None, None]
        return images


def test_pairs_count_where_they_change_as_asked():
    changed, kept = pair_scores(Painting(), Seeing(), SMILING)
    assert changed == 75 and kept["Male"] == 50
    assert "Smiling" not in kept and set(kept.values()) == {50, 100}


def test_reconstruction_error_is_the_mean_over_pixels():
    images = blotches(70)
    halfway = SimpleNamespace(network=lambda batch: batch / 2)
    expected = ((images.double() / 127.5 - 1) / 2).square().mean().item()
    assert reconstruction_error(halfway, images) == pytest.approx(expected, rel=1e-6)


def test_judge_has_features_and_attributes(runs):
    judge = Judge(RunFolder(runs["attribute_classifier"]).load_best())
    assert judge.features(blotches(4)).shape == (4, 16) and judge.attributes(blotches(4)).dtype == torch.bool


def test_without_an_attribute_classifier_nothing_can_be_compared(runs, data):
    with pytest.raises(DataError, match="attribute classifier"):
        read_faces_to_compare([runs["vae"], runs["gan"]], data, None)


def test_inception_weights_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        inception_distance(blotches(2), blotches(2), tmp_path / "weights.pth")
    (tmp_path / "weights.pth").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="torch-fidelity"):
        inception_distance(blotches(2), blotches(2), tmp_path / "weights.pth")


def test_the_judge_reads_the_test_faces_once_for_all_runs(runs, data, monkeypatch):
    monkeypatch.setattr("training.scores.faces.UNIQUE", 8)
    faces = read_faces_to_compare([runs["attribute_classifier"]], data, None)
    read = []
    faces.judge.network.register_forward_hook(lambda _, images, __: read.append(len(images[0])))
    evaluate(runs["acgan"], faces)
    assert read == [8, 8] and len(faces.test.names) == 30


def test_every_run_gets_a_row(runs, data, tmp_path):
    result = command(
        "training.scores.faces",
        *runs.values(),
        "--data",
        data,
        "--scores",
        tmp_path / "scores.json",
        "--table",
        tmp_path / "table.md",
    )
    assert result.returncode == 0, result.stderr
    table = (tmp_path / "table.md").read_text()
    assert table == result.stdout
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| test faces",
        "| training faces",
        "| vae",
        "| dcgan",
        "| gan",
        "| acgan",
    ]
    scores = json.loads((runs["vae"] / "scores.json").read_text())
    assert scores["mse"] > 0 and scores["changed"] is None and scores["kl_weight"] == 1e-5
    scores = json.loads((runs["acgan"] / "scores.json").read_text())
    assert 0 <= scores["changed"] <= 100 and scores["mse"] is None


def test_runs_of_another_machine_join_the_table(runs, data, tmp_path):
    gathered, table_file = tmp_path / "scores.json", tmp_path / "table.md"
    earlier = FaceResults(REFERENCE, [Scores("elsewhere", "gan", 7, 3, None, None, None, None, QUALITY)])
    gathered.write_text(json.dumps(dataclasses.asdict(earlier)))
    result = command(
        "training.scores.faces",
        runs["vae"],
        runs["attribute_classifier"],
        "--data",
        data,
        "--scores",
        gathered,
        "--table",
        table_file,
    )
    assert result.returncode == 0, result.stderr
    results = FaceResults.from_json(json.loads(gathered.read_text()))
    assert [scores.run for scores in results.runs] == ["elsewhere", "vae"] and results.reference.test == 30
    assert table_file.read_text() == table(results)
    gathered.write_text("[]")
    refused = command(
        "training.scores.faces", runs["vae"], runs["attribute_classifier"], "--data", data, "--scores", gathered
    )
    assert refused.returncode == 2 and f"scores: {gathered} does not hold scores" in refused.stderr


def test_missing_data_is_one_line_and_exit_code_2(runs, tmp_path):
    result = command("training.scores.faces", *runs.values(), "--data", tmp_path)
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "face" in result.stderr
