"""The report's figures of faces from finished runs, and the release that the scripts draw from."""

import shutil
import subprocess

import numpy as np
import pytest
import torch
from PIL import Image

from tests.training.commands import command
from tests.training.face_runs import write_faces, write_run, write_runs
from training import release
from training.demo.entrypoint import ta_environment
from training.drawing import faces, kl_weights
from training.drawing.face_pictures import each_pair_once, first_row
from training.errors import DataError, ReleaseError
from training.release import ROOT

FIGURES = {
    "fig1_1.txt",
    "fig1_2.png",
    "table1_3.png",
    "fig1_4.png",
    "fig1_5.png",
    "vae_interpolations.png",
    "vae_neighbours.png",
    "fig2_1.txt",
    "fig2_2.png",
    "gan_curves.png",
    "gan_training.png",
    "gan_interpolations.png",
    "gan_neighbours.png",
    "acgan.txt",
    "acgan_pairs.png",
    "dcgan.png",
    "dcgan_curves.png",
    "vae_and_gan.png",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def figures(runs, tmp_path_factory):
    root = tmp_path_factory.mktemp("figures")
    drawing = [str(runs[method]) for method in ("vae", "gan", "acgan", "dcgan")]
    result = command(
        "training.drawing.faces",
        *drawing,
        "--data",
        write_faces(root / "data", train=60, test=60),
        "--out",
        root / "out",
    )
    assert result.returncode == 0, result.stderr
    return root / "out"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what a TA runs, to release into."""
    for part in ("hw3_p1.sh", "hw3_p2.sh", "checkpoints.txt", "inference", "models"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(release, "ROOT", tmp_path)
    return tmp_path


def pixels(picture) -> np.ndarray:
    with Image.open(picture) as image:
        return np.asarray(image.convert("RGB"))


def test_every_figure_is_there_and_shows_something(figures):
    assert {file.name for file in figures.iterdir()} == FIGURES
    for file in figures.glob("*.png"):
        assert len(np.unique(pixels(file).reshape(-1, 3), axis=0)) > 20, file.name
    for file in figures.glob("*.txt"):
        assert "Conv" in file.read_text()


@pytest.mark.parametrize(
    "script, method, figure", [("hw3_p1.sh", "vae", "fig1_4.png"), ("hw3_p2.sh", "gan", "fig2_2.png")]
)
def test_the_released_script_draws_the_reports_figure(runs, figures, project, script, method, figure):
    assert release.release(runs[method]) == project / "weights" / f"{method}.pth"
    subprocess.run(["bash", project / script, project / "out.png"], check=True, env=ta_environment())
    assert np.array_equal(pixels(project / "out.png"), pixels(figures / figure))


@pytest.mark.parametrize("method", ["acgan", "attribute_classifier"])
def test_networks_that_draw_no_figure_are_released_too(runs, project, method):
    release.release(runs[method])
    assert f"  weights/{method}.pth\n" in (project / "checkpoints.txt").read_text()


@pytest.mark.parametrize("method", ["vae", "acgan"])
def test_a_figure_near_a_rounding_tie_is_not_released(runs, project, monkeypatch, method):
    monkeypatch.setattr(release, "TIE", 0.4)  # a level at random lies nearer than that
    with pytest.raises(ReleaseError, match="rounding tie"):
        release.release(runs[method])
    assert not list((project / "weights").iterdir())


def test_one_run_of_a_method(runs, tmp_path):
    with pytest.raises(DataError, match="both runs of gan"):
        faces.find_runs([runs["gan"], write_run(tmp_path / "other", "gan")])
    with pytest.raises(DataError, match="draws no faces"):
        faces.find_runs([runs["attribute_classifier"]])
    with pytest.raises(DataError, match="not a finished run"):
        faces.find_runs([tmp_path])
    components = write_run(tmp_path / "components", "vae")
    torch.save(torch.load(components / "best.pth") | {"method": "components_vae"}, components / "best.pth")
    with pytest.raises(DataError, match="of which the report has no figure"):
        faces.find_runs([components])


def test_one_row_of_samples_for_each_weight_of_kl(runs, tmp_path):
    def draw(*drawing):
        return command("training.drawing.kl_weights", *drawing, "--out", tmp_path / "vae_kl_weights.png")

    refused = draw(runs["vae"], runs["gan"])
    assert (
        refused.returncode == 2
        and refused.stderr == f"figures: {runs['gan']} is not a run of a VAE, which alone has a weight of KL\n"
    )
    again = draw(runs["vae"], runs["vae"])
    assert (
        again.returncode == 2
        and again.stderr == f"figures: {runs['vae']} is the second run with λ_KL 1e-05: give one of them\n"
    )
    assert draw(runs["vae"]).returncode == 0
    one = pixels(tmp_path / "vae_kl_weights.png").shape
    lighter = write_run(tmp_path / "lighter", "vae", kl_weight=1e-6)
    assert draw(runs["vae"], lighter).returncode == 0
    assert pixels(tmp_path / "vae_kl_weights.png").shape[0] > 1.5 * one[0]


def test_the_least_weight_of_kl_stands_above_and_all_get_the_same_noise(runs, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(kl_weights, "draw_rows", lambda rows, *_: drawn.append(rows))
    lighter = write_run(tmp_path / "lighter", "vae", kl_weight=1e-6)  # the same weights in the network
    kl_weights.draw_kl_weights([runs["vae"], lighter], tmp_path / "out.png")
    assert list(drawn[0]) == ["λ_KL 1e-06", "λ_KL 1e-05"]
    first, second = drawn[0].values()
    assert np.array_equal(first, second) and first.shape == (12, 64, 64, 3) and len(np.unique(first, axis=0)) == 12


def test_first_row_of_a_picture_of_samples(runs):
    faces = first_row(runs["gan"] / "samples" / "0001.png")
    assert faces.shape == (8, 64, 64, 3)
    assert all(face[0].std() > 20 and face[:, -1].std() > 20 for face in faces)  # no gap among the pixels


def test_a_pair_of_nearest_samples_is_shown_once():
    distances, found = torch.tensor([0.1, 0.1, 0.3]), torch.tensor([1, 0, 1])
    assert each_pair_once(distances, found).tolist() == pytest.approx([0.1, torch.inf, 0.3])
