"""PixelDA through its commands on generated pairs, and what each of its steps and losses touches."""

import csv
import dataclasses
import json

import pytest
import torch
from PIL import Image
from torch import Tensor

from models.pixelda import PixelDa as Network
from tests.training.commands import command
from tests.training.killed_runs import killed_in_second_epoch
from training.data.digit_pairs import load_pairs
from training.loop import train
from training.methods.generated_history import GeneratedHistory
from training.methods.pixelda import PixelDa, PixelDaSettings
from training.methods.pixelda_losses import content_loss
from training.run_folder import RunFolder, read_metrics
from training.synthetic.digits import demo_arrays
from training.systems import SYSTEMS

CPU = torch.device("cpu")
PAIRS, TEST = 40, 20
SHORT = dict(epochs=2, steps_per_epoch=3, batch=4, device="cpu", bf16=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The course layout with pairs: the same seed draws the same digits in both domains."""
    root = tmp_path_factory.mktemp("hw3_data")
    for seed, (split, count) in enumerate({"train": PAIRS, "test": TEST}.items()):
        for domain in ("mnist", "mnistm"):
            write(root / "digits" / domain / split, *demo_arrays(domain, count, seed))
    return root


def write(folder, images, labels) -> None:
    folder.mkdir(parents=True)
    for row, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{row:05d}.png")
    with open(folder.with_suffix(".csv"), "w", newline="") as file:
        rows = [(f"{row:05d}.png", label) for row, label in enumerate(labels)]
        csv.writer(file).writerows([("image_name", "label"), *rows])


def new_method(**changes) -> PixelDa:
    torch.manual_seed(0)
    method = PixelDa(PixelDaSettings(**SHORT | changes), CPU)
    method.seed(0)
    return method


def a_batch() -> tuple[Tensor, Tensor, Tensor]:
    data = load_pairs(PixelDaSettings(smoke=True, **SHORT), CPU)
    return next(iter(data.batches(PixelDaSettings(**SHORT), 0)))


def weights_of(module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.named_parameters()}


def changed(before: dict[str, Tensor], module) -> set[str]:
    return {name for name, value in module.named_parameters() if not torch.equal(before[name], value)}


def test_commands_from_training_to_pictures(data, tmp_path):
    runs = {name: tmp_path / name for name in ("pixelda", "pixelda_source_only", "target_only_mnistm")}
    for name, run in runs.items():
        numbers = ["--epochs", 2, "--steps-per-epoch", 2, "--batch", 4, "--data", data, "--device", "cpu"]
        result = command("training", name, "--out", run, *numbers)
        assert result.returncode == 0, result.stderr
    scores, table = tmp_path / "figures" / "scores.json", tmp_path / "results.md"
    rows = list(runs.values())[:2]
    options = ["--data", data, "--scores", scores, "--table", table]
    result = command("training.scores.pixelda", *rows, "--judge", runs["target_only_mnistm"], *options)
    assert result.returncode == 0, result.stderr
    baseline, adapted = json.loads(scores.read_text())["runs"]
    assert baseline["label_kept"] is None and 0 <= adapted["label_kept"] <= 100
    # What training noted without labels, and what the kept network reads now, are the same predictions.
    for part in ("target_train", "target_test"):
        assert len(adapted["epochs"][part]) == 2
        assert adapted["epochs"][part][-1] == pytest.approx(adapted["accuracy"][part], abs=1e-4)
    assert table.read_text().count("\n| ") >= 2
    result = command("training.drawing.pixelda", *rows, "--data", data, "--scores", scores, "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"pairs.png", "results.png", "noises.png", "epochs.png", "curves.png"}


def test_a_run_of_adaptation_is_scored_with_the_other_methods(data, tmp_path):
    """28x28 images in [0, 1], as the digits' scoring step gives them to every network."""
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "mnistm").symlink_to(data / "digits" / "mnistm")
    write(tmp_path / "digits" / "usps" / "train", *demo_arrays("usps", PAIRS))
    numbers = ["--epochs", 1, "--steps-per-epoch", 2, "--batch", 4, "--data", tmp_path, "--device", "cpu"]
    result = command("training", "pixelda_usps_mnistm", "--out", tmp_path / "run", *numbers)
    assert result.returncode == 0, result.stderr
    result = command("training.scores.digits", tmp_path / "run", "--data", tmp_path)
    assert result.returncode == 0, result.stderr
    assert "| USPS → MNIST-M | PixelDA | 0 |" in result.stdout


def test_images_to_be_read_may_begin_at_0_or_at_minus_1():
    networks = {}
    for low in (0, -1):
        torch.manual_seed(0)
        networks[low] = Network(size=28, low=low).eval()
    images = torch.rand(3, 3, 28, 28)
    assert torch.equal(networks[0](images), networks[-1](2 * images - 1))


def test_pairs_whose_labels_disagree_stop_training_and_are_named(data, tmp_path):
    for domain in ("mnist", "mnistm"):
        write(tmp_path / "digits" / domain / "train", *demo_arrays(domain, 10))
    table = tmp_path / "digits" / "mnistm" / "train.csv"
    lines = table.read_text().splitlines()
    lines[4] = f"00003.png,{(int(lines[4][-1]) + 1) % 10}"
    table.write_text("\n".join(lines) + "\n")
    result = command("training", "pixelda", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "pair 3 of" in result.stderr and "1 of 10 pairs" in result.stderr
    assert not (tmp_path / "run" / "state.pth").exists()


def test_training_needs_no_label_of_the_target(data, tmp_path):
    """Without them nothing can be compared, and the same parts are read."""
    settings = PixelDaSettings(data=data, **SHORT)
    with_labels = load_pairs(settings, CPU)
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "mnist").symlink_to(data / "digits" / "mnist")
    (tmp_path / "digits" / "mnistm").mkdir()
    (tmp_path / "digits" / "mnistm" / "train").symlink_to(data / "digits" / "mnistm" / "train")
    without = load_pairs(dataclasses.replace(settings, data=tmp_path), CPU)
    assert torch.equal(with_labels.target_train, without.target_train)
    assert torch.equal(with_labels.source_test.labels, without.source_test.labels)


def test_parts_share_no_digit_and_keep_partners_together(data):
    parts = load_pairs(PixelDaSettings(data=data, **SHORT), CPU)
    assert len(parts.target_test) == PAIRS // 5 and len(parts.target_train) == PAIRS - PAIRS // 5
    for source, target in ((parts.source_train, parts.target_train), (parts.source_test, parts.target_test)):
        # MNIST-M is the patch where MNIST is black, and differs from it by the stroke where it is white.
        pairs = correlation(source.images, target)
        assert pairs > correlation(source.images, target.roll(1, 0)) + 0.1
    everything = torch.cat([parts.source_train.images, parts.source_test.images]).flatten(1)
    assert len(everything.unique(dim=0)) == len(everything)


def correlation(source: Tensor, target: Tensor) -> float:
    """Of the places of edges, mean over images."""
    edges = [images.float().mean(1).diff(dim=1).abs().flatten(1) for images in (source, target)]
    one, other = (part - part.mean(1, keepdim=True) for part in edges)
    return (one * other).sum(1).div(one.norm(dim=1) * other.norm(dim=1)).mean().item()


def test_fewer_images_than_a_batch_are_refused(data, tmp_path):
    result = command("training", "pixelda", "--data", data, "--out", tmp_path / "run", "--batch", 33)
    assert result.returncode == 2 and "32 training images" in result.stderr and "--batch" in result.stderr


def test_a_killed_run_resumes_to_the_same_result(data, tmp_path):
    row = SYSTEMS["pixelda"]
    whole = PixelDaSettings(data=data, out=tmp_path / "whole", **SHORT)
    killed = dataclasses.replace(whole, out=tmp_path / "killed")
    train(row, whole)
    with pytest.raises(KeyboardInterrupt):
        train(killed_in_second_epoch(row), killed)
    train(row, dataclasses.replace(killed, resume=True))
    results = [
        [{name: value for name, value in epoch.items() if name != "images_per_second"} for epoch in read_metrics(run)]
        for run in (whole.out, killed.out)
    ]
    assert results[0] == results[1]
    first, second = (RunFolder(run).load_best() for run in (whole.out, killed.out))
    assert all(torch.equal(first["state"][name], second["state"][name]) for name in first["state"])
    assert all(torch.equal(first["readings"][part], second["readings"][part]) for part in first["readings"])


def test_a_generator_without_losses_stays_and_the_others_learn():
    method = new_method(domain_weight=0, task_weight=0, weight_decay=0)
    before = [weights_of(module) for module in (method.generator, method.discriminator, method.classifier)]
    method.update(*a_batch())
    assert not changed(before[0], method.generator)
    assert changed(before[1], method.discriminator) and changed(before[2], method.classifier)


@pytest.mark.parametrize("part", ["domain_weight", "task_weight", "content_weight"])
def test_each_loss_reaches_the_generator(part):
    weights = dict(domain_weight=0, task_weight=0, content_weight=0) | {part: 1}
    method = new_method(weight_decay=0, **weights)
    before = weights_of(method.generator)
    method.update(*a_batch())
    assert changed(before, method.generator)


def test_without_source_images_only_the_source_branch_stays():
    method = new_method(source_weight=0, weight_decay=0)
    before = weights_of(method.classifier)
    method.update(*a_batch())
    stayed = before.keys() - changed(before, method.classifier)
    assert stayed == {name for name in before if name.startswith("first.source.")}


def test_learning_rates_fall_to_zero_after_half_of_the_steps():
    method = new_method()
    rates = []
    for _ in range(6):
        rates.append(method.generator_optimiser.param_groups[0]["lr"])
        method.first_optimiser.step()
        method.generator_optimiser.step()
        method.follow()
    full = method.settings.learning_rate
    assert rates == pytest.approx([full] * 4 + [full * 2 / 3, full / 3])
    assert method.first_optimiser.param_groups[0]["lr"] == 0


def test_content_loss_is_half_the_mean_over_pairs_of_stroke_pixels():
    source, generated = 2 * torch.rand(2, 2, 3, 4, 4) - 1
    expected = []
    for image, drawn in zip(source, generated, strict=True):
        pixels, others = image[image > 0], drawn[image > 0]
        difference = (pixels[:, None] - pixels) - (others[:, None] - others)
        expected.append(difference.square().mean() / 2)
    assert torch.allclose(content_loss(source, generated), torch.stack(expected).mean(), atol=1e-6)
    assert content_loss(source, source - 0.3).item() == pytest.approx(0, abs=1e-6)


def test_noise_changes_what_is_drawn_unless_it_is_left_out():
    images, noise = torch.rand(1, 3, 32, 32).expand(2, -1, -1, -1), torch.tensor([[-1.0] * 10, [1.0] * 10])
    for with_noise in (True, False):
        torch.manual_seed(0)
        drawn = Network(noise=with_noise).eval().transform(images, noise)
        assert torch.equal(drawn[0], drawn[1]) != with_noise


def test_history_holds_the_last_images_with_their_labels():
    history = GeneratedHistory(capacity=4, size=2)
    for first in (0, 3):
        labels = torch.arange(first, first + 3)
        history.add((labels / 5 - 1).view(-1, 1, 1, 1).expand(-1, 3, 2, 2), labels)
        images, drawn = history.draw(50, torch.Generator().manual_seed(0))
        assert torch.allclose(images[:, 0, 0, 0], drawn / 5 - 1, atol=0.01)
        assert set(drawn.tolist()) == ({0, 1, 2} if first == 0 else {2, 3, 4, 5})
