"""The scoring step and the release of weights, from a short run to the CSV that hw3_p3.sh would write."""

import dataclasses
import hashlib
import json
import shutil
import subprocess

import pytest
import torch
from PIL import Image

from tests.training.commands import command
from training import release
from training.data.digits import read_images
from training.demo.entrypoint import ta_environment
from training.errors import ReleaseError
from training.loop import train
from training.release import ROOT
from training.scores.digits import Result, as_lines, evaluate, probabilities, summary, table
from training.scores.predictions import score
from training.synthetic.digits import make_demo
from training.systems import SYSTEMS


@pytest.fixture(scope="module")
def smoke_run(tmp_path_factory):
    system, out = SYSTEMS["dann_svhn_usps"], tmp_path_factory.mktemp("smoke") / "dann"
    train(system, dataclasses.replace(system.settings, out=out, smoke=True, device="cpu"))
    return out


@pytest.fixture(scope="module")
def run(smoke_run, tmp_path_factory):
    """The same as a run that was meant: a smoke run is not released."""
    settings = torch.load(smoke_run / "best.pth", weights_only=True)["settings"]
    return changed(smoke_run, tmp_path_factory.mktemp("runs") / "dann", settings=settings | {"smoke": False})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("hw3_data")
    make_demo(root, "usps", 120)
    return root


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what a TA runs, to release into."""
    for part in ("hw3_p3.sh", "checkpoints.txt", "inference", "models"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(release, "ROOT", tmp_path)
    return tmp_path


def refused(result, reason):
    return result.returncode == 2 and reason in result.stderr and result.stderr.count("\n") == 1


def test_evaluate_agrees_with_the_released_script(run, data, project):
    result = evaluate(run, data)
    release.release(run)
    images, predictions = data / "digits" / "usps" / "test", project / "out.csv"
    subprocess.run(["bash", project / "hw3_p3.sh", images, "usps", predictions], check=True, env=ta_environment())
    expected = score(predictions, images.with_suffix(".csv"))
    assert result.test == pytest.approx(expected.accuracy)
    assert result.per_class == pytest.approx([expected.per_class[digit] for digit in range(10)])
    assert json.loads((run / "scores.json").read_text()) == dataclasses.asdict(result)


def test_release_pins_and_replaces_its_line_only(run, project):
    before = (project / "checkpoints.txt").read_text()
    other = "0" * 64 + "  weights/dann_other.pth\n"
    (project / "checkpoints.txt").write_text(before + "1" * 64 + "  weights/dann_usps.pth\n" + other)
    weights = release.release(run)
    text = (project / "checkpoints.txt").read_text()
    assert f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  weights/dann_usps.pth\n" in text
    assert text.count("dann_usps.pth") == 1 and other in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in before.splitlines() if line.startswith("#")
    ]


def result(method, test, seed=0, source="usps"):
    return Result(method, source, "mnistm", seed, 1000, 3, 90.0, test, [test] * 10)


def test_summary_has_the_mean_and_both_seeds():
    rows = [
        result("dann", 80.0),
        result("dann", 82.0, seed=1),
        result("target_only", 95.0, source="mnistm"),
        result("source_only", 70.0),
    ]
    lines = summary(rows).splitlines()
    assert lines[2:] == ["| USPS → MNIST-M | 70.0 | 81.0 (80.0, 82.0) | 95.0 |"]


def test_runs_of_another_machine_join_the_tables_and_a_new_score_replaces_its_own(run, data, tmp_path):
    scores, table_file = tmp_path / "scores.json", tmp_path / "new" / "table.md"
    elsewhere, outdated = result("dann", 12.3), dataclasses.replace(evaluate(run, data), test=45.6)
    scores.write_text(as_lines([elsewhere, outdated]))
    scored = command("training.scores.digits", run, "--data", data, "--scores", scores, "--table", table_file)
    assert scored.returncode == 0, scored.stderr
    assert "**12.3**" in table_file.read_text() and "45.6" not in table_file.read_text()
    assert {Result(**stored).run for stored in json.loads(scores.read_text())} == {elsewhere.run, outdated.run}


def test_a_file_that_holds_no_scores_is_refused_and_kept(run, data, tmp_path):
    scores = tmp_path / "scores.json"
    for text in ('[{"method": "dann"}]', "no JSON"):
        scores.write_text(text)
        result = command("training.scores.digits", run, "--data", data, "--scores", scores)
        assert refused(result, f"scores: {scores} does not hold scores") and scores.read_text() == text


def test_candidates_are_ranked_beside_their_test_accuracy(run, data, tmp_path):
    """Two copies of one run agree with each other, and the test split scores them as `evaluate` does."""
    root = shutil.copytree(data, tmp_path / "data")
    shutil.copytree(root / "digits/usps/test", root / "digits/usps/train")
    copies = [shutil.copytree(run, tmp_path / name) for name in ("first", "second")]
    result = command("training.scores.candidates", *copies, "--data", root)
    assert result.returncode == 0, result.stderr
    rows = [line.split(" | ") for line in result.stdout.splitlines() if "first" in line or "second" in line]
    assert len(rows) == 2 and all(row[-2] == "100.00" for row in rows)
    assert all(row[-1] == f"{evaluate(run, data).test:.1f} |" for row in rows)
    for part in ("test", "test.csv"):  # a choice is made with the test split shut
        (root / "digits/usps" / part).rename(tmp_path / part)
    unscored = command("training.scores.candidates", *copies, "--data", root, "--unscored")
    assert unscored.returncode == 0 and "test" not in unscored.stdout and "100.00" in unscored.stdout


def test_disagreements_are_counted_and_drawn_without_labels(run, data, tmp_path):
    root, other = tmp_path / "data", shutil.copytree(run, tmp_path / "always_three")
    shutil.copytree(data / "digits/usps/test", root / "digits/usps/train")
    checkpoint = torch.load(other / "best.pth", weights_only=True)
    checkpoint["state"]["label_head.1.bias"][3] = 1e6
    torch.save(checkpoint, other / "best.pth")
    places = ("--data", root, "--out", tmp_path / "picture.png")
    result = command("training.drawing.disagreements", run, other, *places)
    images = read_images(root, "usps", "train")
    differ = int((probabilities(run, images).argmax(1) != 3).sum())
    assert result.returncode == 0 and result.stdout.startswith(f"{differ} of 120 differ: "), result.stderr
    assert all(pair.split()[2] == "3" for pair in result.stdout.split(": ")[1].split(", "))
    assert Image.open(tmp_path / "picture.png").size[0] > 500
    for second, reason in (
        (tmp_path / "nothing", "nothing is no finished run"),
        (other, "predicts svhn: give runs of one target"),
    ):
        torch.save(checkpoint | {"target": "svhn"}, other / "best.pth")
        assert refused(command("training.drawing.disagreements", run, second, *places), reason)


def test_table_orders_bounds_around_the_method():
    rows = [result(method, test) for method, test in (("target_only", 95.0), ("dann", 80.0), ("source_only", 70.0))]
    lines = table(rows).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["source only", "DANN", "target only"]
    assert "**80.0**" in lines[3] and "USPS → MNIST-M" in lines[3]


def test_what_is_no_finished_digit_run_is_passed_over(run, data, tmp_path):
    """README trains faces and digits in one folder and scores runs/*."""
    shutil.copytree(run, tmp_path / "runs" / "dann")
    shutil.copytree(run, tmp_path / "runs" / "unfinished")
    (tmp_path / "runs" / "unfinished" / "done").unlink()
    (tmp_path / "runs" / "vae").mkdir()
    torch.save({"method": "vae", "seed": 0}, tmp_path / "runs" / "vae" / "best.pth")
    (tmp_path / "runs" / "vae" / "done").touch()
    runs = sorted((tmp_path / "runs").iterdir())
    result = command("training.scores.digits", *runs, "--data", data)
    assert result.returncode == 0 and result.stdout.count("SVHN → USPS | DANN") == 1, result.stderr
    for others in (
        ["training.scores.digits", *runs[1:]],
        ["training.scores.candidates", *runs[1:]],
        ["training.scores.digits", tmp_path / "misspelt"],
    ):
        table_file = tmp_path / "table.md"
        table_file.write_text("earlier")
        assert refused(command(*others, "--data", data, "--table", table_file), "no finished run of source_only, dann")
        assert table_file.read_text() == "earlier"
    disagreements = command(
        "training.drawing.disagreements", runs[0], runs[2], "--data", data, "--out", tmp_path / "picture.png"
    )
    assert refused(disagreements, "vae is no finished run of a digit method")


def test_a_digit_method_in_a_row_of_another_family_is_passed_over(run, data, tmp_path):
    """transfer_unlabelled learns from 50 labels by the mean teacher: scores.few_labels is its scorer. The oldest
    weights name no row: their method decides."""
    runs = tmp_path / "runs"
    changed(run, runs / "dann", system=None)
    changed(run, runs / "transfer_unlabelled_0", system="transfer_unlabelled", method="mean_teacher")
    result = command("training.scores.digits", *sorted(runs.iterdir()), "--data", data)
    assert result.returncode == 0 and "SVHN → USPS | DANN" in result.stdout, result.stderr
    assert "mean teacher" not in result.stdout
    shutil.rmtree(runs / "dann")
    figures = command("training.drawing.digits", "--runs", runs, "--data", data, "--out", tmp_path / "figures")
    assert refused(figures, "no finished run of source_only, dann")


def test_two_runs_that_would_hide_each_other_are_refused(run, data, tmp_path):
    copies = [shutil.copytree(run, tmp_path / "runs" / name) for name in ("first", "second")]
    assert refused(command("training.scores.digits", *copies, "--data", data), "first and")
    figures = command(
        "training.drawing.digits", "--runs", tmp_path / "runs", "--data", data, "--out", tmp_path / "figures"
    )
    assert refused(figures, "give one of them")


@pytest.mark.parametrize("scorer", ["digits", "candidates"])
def test_a_table_that_cannot_be_written_is_found_before_anything_is_scored(run, tmp_path, scorer):
    (tmp_path / "file").touch()
    places = ("--data", tmp_path / "none", "--table", tmp_path / "file" / "table.md")
    assert refused(command(f"training.scores.{scorer}", run, *places), f"'{tmp_path / 'file'}'")


def changed(run, copy, **parts):
    """A copy of the run whose checkpoint says something else."""
    shutil.copytree(run, copy)
    torch.save(torch.load(copy / "best.pth", weights_only=True) | parts, copy / "best.pth")
    return copy


def test_released_weights_are_named_by_method_and_domain(run, project, tmp_path):
    assert release.release(changed(run, tmp_path / "other", system="dann_usps_mnistm")).name == "dann_mnistm.pth"


@pytest.mark.parametrize("parts", [{"system": "dann_svhn_mnistm"}, {"system": "source_only_svhn_usps"}])
def test_a_run_that_no_script_uses_takes_no_other_ones_place(run, project, tmp_path, parts):
    before = (project / "checkpoints.txt").read_bytes()
    with pytest.raises(ReleaseError, match="no script uses"):
        release.release(changed(run, tmp_path / "other", **parts))
    assert not list((project / "weights").iterdir()) and (project / "checkpoints.txt").read_bytes() == before


def test_a_smoke_run_is_not_released(smoke_run, project):
    before = (project / "checkpoints.txt").read_bytes()
    with pytest.raises(ReleaseError, match="is a smoke run"):
        release.release(smoke_run)
    assert not list((project / "weights").iterdir()) and (project / "checkpoints.txt").read_bytes() == before


def test_release_of_nothing_or_of_an_unfinished_run_is_one_line_and_exit_code_2(tmp_path):
    assert refused(command("training.release"), "give the folder of a finished run")
    assert refused(command("training.release", tmp_path / "nothing"), "nothing is not a finished run")


def test_missing_test_split_is_one_line_and_exit_code_2(run, tmp_path):
    assert refused(command("training.scores.digits", run, "--data", tmp_path), "usps")


def test_figures_show_every_scenario(run, data, tmp_path):
    """Curves, two t-SNE pictures, confusion and mistakes, from a run and both domains' test images."""
    make_demo(tmp_path, "svhn", 60)
    shutil.copytree(tmp_path / "digits/svhn/test", tmp_path / "digits/svhn/train")
    shutil.copytree(data / "digits" / "usps", tmp_path / "digits" / "usps")
    result = command("training.drawing.digits", "--runs", run.parent, "--data", tmp_path, "--out", tmp_path / "figures")
    assert result.returncode == 0, result.stderr
    names = sorted(file.name for file in (tmp_path / "figures").iterdir())
    assert names == [
        "confusion_svhn_usps.png",
        "curves_dann_svhn_usps.png",
        "mistakes_dann_svhn_usps.png",
        "tsne_dann_svhn_usps_class.png",
        "tsne_dann_svhn_usps_domain.png",
    ]
    for name in names:
        colours = Image.open(tmp_path / "figures" / name).convert("RGB").getcolors(maxcolors=1 << 24)
        assert len(colours) > 50  # more than axes on white
