"""Endoscopy: Kvasir's folders prepared, the split, EndoVAE's start, scores and figures, through the commands."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from models.endo_vae import EndoVae
from tests.training.commands import command
from tests.training.medical_data import finished_run, write_endoscopy
from tests.training.run_folders import write_of_another_method
from training.augment.endoscopy import augmented
from training.data.endoscopy import Pictures, parts, read_pictures
from training.drawing.endoscopy import draw_preparation
from training.measures.components import Components
from training.measures.image_quality import psnr, ssim
from training.methods.endo_vae_start import start_from_components
from training.synthetic.endoscopy import demo_endoscopy


def prepare(data):
    return command("training.data.prepare_endoscopy", data)


def refused(result, *words):
    named = all(str(word) in result.stderr for word in words)
    return named and result.returncode == 2 and result.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Sixty polyps with a black frame and a few healthy pictures, prepared."""
    data = tmp_path_factory.mktemp("kvasir")
    write_endoscopy(data / "polyps", 60, frame=20)
    write_endoscopy(data / "normal-cecum", 2, seed=1)
    write_endoscopy(data / "normal-pylorus", 3, seed=2)
    result = prepare(data)
    assert result.returncode == 0, result.stderr
    assert "5 pictures in" in result.stdout and "60 pictures in" in result.stdout
    return data


def test_healthy_folders_become_normal_and_polyps_polyp(data):
    assert sorted(file.name for file in (data / "processed" / "normal").glob("*.png")) == [
        "normal-cecum_000.png",
        "normal-cecum_001.png",
        *(f"normal-pylorus_{row:03d}.png" for row in range(3)),
    ]
    assert len(list((data / "processed" / "polyp").glob("polyps_*.png"))) == 60
    for file in (data / "processed").rglob("*.png"):
        with Image.open(file) as picture:
            assert picture.size == (96, 96) and picture.mode == "RGB"


def test_the_black_frame_is_gone_and_the_corners_stay(data):
    with Image.open(data / "processed" / "polyp" / "polyps_000.png") as picture:
        pixels = np.asarray(picture).astype(int)
    expected = demo_endoscopy(1)[0].astype(int)
    assert np.abs(pixels - expected).mean() < 6
    assert pixels[:3, :3].max() < 25 and pixels[48, 1].max() > 40


def test_prepared_again_only_what_is_missing_is_made(data):
    kept, removed = (data / "processed" / "polyp" / f"polyps_00{row}.png" for row in (1, 2))
    before = kept.stat().st_mtime_ns
    removed.unlink()
    assert prepare(data).returncode == 0
    assert removed.exists() and kept.stat().st_mtime_ns == before


def test_bad_pictures_and_folders_are_named_in_one_line(tmp_path):
    assert refused(prepare(tmp_path), "polyps", "normal-z-line")
    folder = write_endoscopy(tmp_path / "polyps", 2)
    Image.new("RGB", (140, 128)).save(folder / "dark.jpg")
    assert refused(prepare(tmp_path), "dark.jpg", "all black")
    (folder / "dark.jpg").write_bytes(b"no picture")
    assert refused(prepare(tmp_path), "dark.jpg")


def test_two_pictures_that_would_get_one_name_are_refused(tmp_path):
    folder = write_endoscopy(tmp_path / "polyps", 2)
    Image.new("RGB", (140, 128), "red").save(folder / "000.png")
    assert refused(prepare(tmp_path), "polyps_000.png", "2 of the pictures")
    assert not (tmp_path / "processed").exists()


def test_training_without_prepared_pictures_says_what_is_missing(tmp_path):
    result = command("training", "endovae", "--data", tmp_path, "--out", tmp_path / "run")
    assert refused(result, tmp_path / "processed" / "polyp")


def test_the_split_is_fixed_by_name_and_nothing_is_in_two_parts():
    names = tuple(f"{number}.png" for number in range(850))
    pictures = Pictures(torch.zeros(850, 3, 1, 1, dtype=torch.uint8), names)
    training, validation, test = (set(part.names) for part in parts(pictures))
    assert (len(training), len(validation), len(test)) == (612, 68, 170)
    assert training | validation | test == set(names)
    order = torch.randperm(850, generator=torch.Generator().manual_seed(0)).tolist()
    assert set(parts(pictures[order])[2].names) == test


def test_a_part_holds_its_own_pictures(data):
    pictures = read_pictures(data, "polyp")
    test = parts(pictures)[2]
    for name, image in zip(test.names, test.images, strict=True):
        assert torch.equal(image, pictures.images[pictures.names.index(name)])


@pytest.mark.parametrize("stem, numbers", [("brief", 6), ("brief", 64), ("paper", 6)])
def test_it_starts_with_the_error_of_principal_components(stem, numbers):
    torch.manual_seed(0)
    images = torch.from_numpy(demo_endoscopy(100)).permute(0, 3, 1, 2).float() / 255
    network = EndoVae(numbers, stem)
    start_from_components(network, images)
    linear = Components(images).rebuild(images, numbers)
    with torch.no_grad():
        mean, log_variance = network.encode(images)
        rebuilt = network.decode(mean)
    # The start carries 48x48 pixels, which costs edges: compared where neither code sees them. Black ends it at 40 dB.
    rebuilt, linear, images = (torch.nn.functional.avg_pool2d(pictures, 2) for pictures in (rebuilt, linear, images))
    assert psnr(rebuilt, images).mean() > min(40, psnr(linear, images).mean() - 2)
    assert torch.allclose(mean.mean(0), torch.zeros(numbers), atol=0.3) and torch.allclose(
        mean.std(0), torch.ones(numbers), atol=0.3
    )
    assert (log_variance < 0).all()


def test_augmentation_is_small_and_never_mirrors():
    images = torch.from_numpy(demo_endoscopy(16)).permute(0, 3, 1, 2).contiguous()
    changed = augmented(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    plain, mirrored = images.float() / 255, images.flip(3).float() / 255
    assert not torch.allclose(changed, plain, atol=0.01)
    assert (psnr(changed, plain) > psnr(changed, mirrored)).float().mean() > 0.8


def test_psnr_and_ssim_of_known_pictures():
    grey = torch.full((2, 3, 16, 16), 0.5)
    assert torch.allclose(psnr(grey + 0.1, grey), torch.tensor([20.0, 20.0]), atol=1e-3)
    pattern = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert ssim(pattern, pattern).item() == pytest.approx(1, abs=1e-5)
    assert ssim(1 - pattern, pattern).item() < 0


def test_components_keep_what_they_span():
    images = torch.from_numpy(demo_endoscopy(20)).permute(0, 3, 1, 2).float() / 255
    components = Components(images)
    assert psnr(components.rebuild(images, 20), images).min() > 50
    assert torch.allclose(components.rebuild(images, 0)[3], images.mean(0), atol=1e-5)


def test_scores_and_figures_of_a_run(data, tmp_path):
    run = finished_run("endovae", tmp_path / "endovae")
    scores, table = tmp_path / "scores.json", tmp_path / "results.md"
    runs = (run, write_of_another_method(tmp_path / "other"))
    result = command("training.scores.endoscopy", *runs, "--data", data, "--scores", scores, "--table", table)
    assert result.returncode == 0, result.stderr
    rows = {row["run"]: row for row in json.loads(scores.read_text())["codes"]}
    assert list(rows) == ["mean picture", "PCA, 6 numbers", "PCA, 16 numbers", "PCA, 64 numbers", "endovae"]
    assert rows["PCA, 6 numbers"]["all"]["psnr"] > rows["mean picture"]["all"]["psnr"]
    assert 0 <= rows["endovae"]["used"] <= 6 and rows["endovae"]["numbers"] == 6
    assert table.read_text() == result.stdout and "| endovae | 6 | 0 |" in result.stdout
    drawn = command(
        "training.drawing.endoscopy", *runs, "--data", data, "--raw", data / "polyps", "--out", tmp_path / "figures"
    )
    assert drawn.returncode == 0, drawn.stderr
    assert {file.name for file in (tmp_path / "figures").iterdir()} == {
        "curves.png",
        "samples.png",
        "reconstructions.png",
        "numbers.png",
        "before_after.png",
    }
    with Image.open(tmp_path / "figures" / "samples.png") as samples:
        assert samples.size == (3 * 98 + 2, 3 * 98 + 2)


def test_a_raw_folder_of_few_pictures_is_drawn_too(tmp_path):
    for count in (1, 2):
        folder = write_endoscopy(tmp_path / f"raw_{count}", count, frame=20)
        draw_preparation(folder, tmp_path / f"{count}.png")
        with Image.open(tmp_path / f"{count}.png") as picture:
            assert len(set(picture.convert("L").tobytes())) > 20


def test_the_classifier_of_real_and_rebuilt_pictures_is_scored_on_test_pictures(data, tmp_path):
    codec = finished_run("endovae", tmp_path / "codec")
    training = command(
        "training",
        "rebuilt_detector",
        "--codec",
        codec,
        "--data",
        data,
        "--epochs",
        1,
        "--steps-per-epoch",
        3,
        "--out",
        tmp_path / "detector",
    )
    assert training.returncode == 0, training.stderr
    result = command(
        "training.scores.endoscopy", tmp_path / "detector", "--data", data, "--scores", tmp_path / "scores.json"
    )
    assert result.returncode == 0, result.stderr
    (row,) = json.loads((tmp_path / "scores.json").read_text())["detectors"]
    assert row["codec"] == "codec" and row["pictures"] == 24 and 0 <= row["auc"] <= 1
    refusal = command(
        "training", "rebuilt_detector", "--codec", tmp_path / "none", "--data", data, "--out", tmp_path / "run"
    )
    assert refused(refusal, tmp_path / "none", "not a finished run")
