"""python3 -m inference: the scripts' answers under the models' names, and the same care."""

import os
import re

import numpy as np
import pytest
import torch
from PIL import Image

from inference.image_folder import decode_image
from inference.models import TABLES
from inference.networks import build_network, read_checkpoint
from inference.pixels import to_input, to_uint8
from inference.sampler import Sampler
from tests.inference.conftest import ROOT
from tests.inference.submission import (
    CPU_SETTINGS,
    P1,
    P2,
    assert_done,
    assert_one_line,
    assert_refused,
    by_name,
    p3,
    without_root_rights,
)


def pixels(picture) -> np.ndarray:
    with Image.open(picture) as image:
        return np.asarray(image)


def test_list_names_every_model(project):
    result = by_name(project, "list", PYTHONPROFILEIMPORTTIME="1")
    rows = [line.split()[:2] for line in result.stdout.decode().splitlines()]
    assert rows == [[verb, name] for verb, table in TABLES.items() for name in table]
    assert result.returncode == 0 and b" torch" not in result.stderr


def test_every_model_has_pinned_weights():
    pinned = re.findall(r"weights/(\S+)", (ROOT / "checkpoints.txt").read_text())
    assert {model.weights for table in TABLES.values() for model in table.values()} <= set(pinned)


@pytest.mark.parametrize("model, domain", [("dann_mnistm_svhn", "svhn"), ("dann_svhn_usps", "usps")])
def test_predicts_what_the_script_predicts(project, many, tmp_path, model, domain):
    assert_done(p3(project, many, domain, tmp_path / "script.csv"))
    assert_done(by_name(project, "predict", model, many, tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "script.csv").read_bytes()


@pytest.mark.parametrize("script, model", [(P1, "vae"), (P2, "gan")])
def test_draws_what_the_script_draws(project, tmp_path, script, model):
    assert_done(script.run(project, None, tmp_path / "script.png"))
    assert_done(by_name(project, "draw", model, tmp_path / "out.png"))
    assert np.array_equal(pixels(tmp_path / "out.png"), pixels(tmp_path / "script.png"))


def faces(picture, columns: int) -> list[np.ndarray]:
    """The 64x64 images of a picture, row by row."""
    grid = pixels(picture)
    return [
        grid[top : top + 64, 2 + 66 * column : 66 + 66 * column]
        for top in range(2, grid.shape[0] - 2, 66)
        for column in range(columns)
    ]


@pytest.mark.parametrize(
    "options, labels",
    [(["--label", "1"], [1] * 32), (["--count", "3", "--label", "0"], [0] * 3), (["--count", "10"], [0, 1] * 5)],
)
def test_draws_the_label_and_the_count(project, tmp_path, options, labels):
    """Without a label, each in turn."""
    assert_done(by_name(project, "draw", "acgan", tmp_path / "out.png", *options))
    sampler = Sampler((project / "weights" / "acgan.pth").read_bytes())
    expected = to_uint8(sampler.images(sampler.noise[: len(labels)], torch.tensor(labels)))
    drawn = faces(tmp_path / "out.png", min(8, len(labels)))
    assert np.array_equal(drawn[: len(labels)], expected)
    assert all((rest == 255).all() for rest in drawn[len(labels) :])


def test_more_images_begin_with_the_reports(project, tmp_path):
    assert_done(by_name(project, "draw", "gan", tmp_path / "more.png", "--count", "40"))
    assert_done(by_name(project, "draw", "gan", tmp_path / "report.png"))
    more = faces(tmp_path / "more.png", 8)
    assert np.array_equal(more[:32], faces(tmp_path / "report.png", 8))
    assert len({face.tobytes() for face in more}) == 40


def rebuilt(project, files) -> dict[str, np.ndarray]:
    """What `transform vae` must make of each image, one by one."""
    network = build_network(read_checkpoint((project / "weights" / "vae.pth").read_bytes())).double()
    with torch.no_grad():
        return {
            file.stem: to_uint8(network(to_input(np.stack([decode_image(file, 64)]), torch.float64, low=-1)))[0]
            for file in sorted(files)
        }


@pytest.mark.parametrize("setting", ["two threads", "SSE4.1 in oneDNN"])
def test_transforms_each_image_the_same_on_every_cpu(project, many, folder, out, setting):
    for index in range(3, 12):  # more than one batch
        (folder / f"{index:05d}.png").symlink_to(many / f"{index:05d}.png")
    Image.new("L", (50, 70), 99).save(folder / "grey.JPG")
    (out / "other.txt").write_text("stays")
    (out / "00000.png").write_text("replaced")
    assert_done(by_name(project, "transform", "vae", folder, out, **CPU_SETTINGS[setting]))
    expected = rebuilt(project, folder.iterdir())
    assert sorted(os.listdir(out)) == sorted([*(f"{stem}.png" for stem in expected), "other.txt"])
    assert len({image.tobytes() for image in expected.values()}) == 13
    for stem, image in expected.items():
        assert np.array_equal(pixels(out / f"{stem}.png"), image)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "usage"),
        (["list", "more"], "usage"),
        (["guess", "vae"], "usage"),
        (["predict"], "usage"),
        (["predict", "dann_mnistm_svhn", "images"], "usage"),
        (["predict", "vae", "images", "out.csv"], "dann_mnistm_svhn"),
        (["predict", "dann_mnistm_svhn", "images", "out.csv", "more"], "usage"),
        (["predict", "new\nline"], r"new\nline"),
        (["transform", "gan", "images", "out"], "no model of that name to transform with: give brain, "),
        (["draw", "vae"], "usage"),
        (["draw", "vae", "out.png", "--label"], "usage"),
        (["draw", "vae", "out.png", "--size", "7"], "usage"),
        (["draw", "vae", "out.png", "--label", "0"], "takes no --label"),
        (["draw", "acgan", "out.png", "--label", "2"], "0 (not smiling), 1 (smiling)"),
        (["draw", "acgan", "out.png", "--label", "-1"], "not a label"),
        (["draw", "gan", "out.png", "--count", "0"], "1 to 1000"),
        (["draw", "gan", "out.png", "--count", "1001"], "1 to 1000"),
        (["draw", "gan", "out.gif"], "unknown ending"),
    ],
)
def test_wrong_arguments(project, arguments, words):
    """Said before anything slow starts, and nothing is written."""
    before = sorted(os.listdir(project))
    assert_one_line(by_name(project, *arguments), 2, words)
    assert sorted(os.listdir(project)) == before


VERBS = {"predict": "dann_mnistm_svhn", "transform": "vae"}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind, words", [("nowhere", "No such file"), ("empty", "no .png, .jpg, .jpeg file")])
def test_bad_folder(project, output, tmp_path, verb, kind, words):
    (tmp_path / "empty").mkdir()
    place = output if verb == "predict" else output.parent
    result = by_name(project, verb, VERBS[verb], tmp_path / kind, place)
    assert_refused(result, 2, output, words, "give a folder of images")


@pytest.mark.parametrize("verb, output", [("predict", "out.csv"), ("draw", "out.png")])
def test_folder_of_the_output_missing(project, folder, tmp_path, verb, output):
    words = {"predict": ["dann_mnistm_svhn", folder], "draw": ["gan"]}[verb]
    result = by_name(project, verb, *words, tmp_path / "nowhere" / output)
    assert_one_line(result, 2, "nowhere", "folder does not exist")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_unreadable_image(project, folder, output, verb):
    """The last one by name, so that all others would have been written before it."""
    (folder / "bad.png").write_bytes((folder / "00000.png").read_bytes()[:60])
    place = output if verb == "predict" else output.parent
    assert_refused(by_name(project, verb, VERBS[verb], folder, place), 4, output, "bad.png", "replace or remove")


def missing(folder, out):
    return out / "nowhere"


def a_file(folder, out):
    return folder / "00000.png"


def the_images_own(folder, out):
    (out / "link").symlink_to(folder)
    return out / "link"


def read_only(folder, out):
    out.chmod(0o555)
    return out


def a_folder_in_the_way(folder, out):
    (out / "00001.png").mkdir()
    return out


def no_name(folder, out):
    return ""


BAD_FOLDERS = {
    missing: "does not exist: make it first",
    a_file: "is not a folder",
    the_images_own: "holds the images themselves",
    read_only: "read-only",
    a_folder_in_the_way: "is a folder",
    no_name: "does not exist",
}


@pytest.mark.parametrize("kind", BAD_FOLDERS)
def test_bad_folder_to_write_into(project, folder, out, kind):
    images = {file: file.read_bytes() for file in folder.iterdir()}
    result = by_name(project, "transform", "vae", folder, kind(folder, out), before=without_root_rights())
    out.chmod(0o755)
    assert_one_line(result, 2, BAD_FOLDERS[kind])
    assert {file: file.read_bytes() for file in folder.iterdir()} == images
    assert not [file for file in out.rglob("*.png") if file.is_file()]


def test_links_to_the_images_are_replaced_and_not_followed(project, folder, out):
    before = (folder / "00000.png").read_bytes()
    (out / "00000.png").symlink_to(folder / "00000.png")
    assert_done(by_name(project, "transform", "vae", folder, out))
    assert (folder / "00000.png").read_bytes() == before and not (out / "00000.png").is_symlink()


def test_images_of_one_name_are_refused(project, folder, out):
    Image.new("L", (9, 9)).save(folder / "00001.jpg")
    assert_one_line(by_name(project, "transform", "vae", folder, out), 2, "00001.png", "rename")
    assert os.listdir(out) == []
