"""Brain slices: what the reader refuses, the split by patient, augmentation, measures, scores and figures."""

import csv
import json
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from tests.training.commands import command
from tests.training.medical_data import finished_run, write_brain
from training.augment.slices import augmented
from training.data.brain import SPLIT, Slices, parts, read_slices, read_split
from training.errors import DataError
from training.measures.overlap import dice, iou
from training.measures.tumour_baselines import best_level, brighter, neighbours_masks
from training.methods.segmentation import dice_loss
from training.scores.brain import Scores, spread, summary
from training.synthetic.brain import demo_slices


@pytest.fixture
def data(tmp_path):
    return write_brain(tmp_path / "data", slices=2)


def first(data, folder):
    return min((data / "brain" / folder).iterdir())


def refusal(data) -> str:
    with pytest.raises(DataError) as error:
        read_slices(data)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_slices_masks_and_patients_in_order_of_names(data):
    slices = read_slices(data)
    assert slices.images.shape == slices.masks.shape == (20, 1, 240, 240)
    assert slices.images.dtype == torch.uint8 and slices.masks.dtype == torch.bool
    assert list(slices.names) == sorted(slices.names) and len(set(slices.patients)) == 10
    with Image.open(data / "brain" / "masks" / slices.names[7]) as mask:
        assert np.array_equal(np.asarray(mask) > 0, slices.masks[7, 0].numpy())


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_one_of_a_pair_missing(data, folder):
    other = {"images": "masks", "masks": "images"}[folder]
    first(data, folder).unlink()
    assert str(first(data, other)) in refusal(data)


def test_a_mask_of_another_size(data):
    mask = first(data, "masks")
    Image.new("L", (240, 200)).save(mask)
    assert str(mask) in refusal(data) and "240x200" in refusal(data)


def test_a_mask_with_a_third_value(data):
    mask = first(data, "masks")
    with Image.open(mask) as image:
        pixels = np.array(image)
    pixels[3, 3] = 7
    Image.fromarray(pixels).save(mask)
    assert str(mask) in refusal(data) and "value 7" in refusal(data)


def test_a_black_slice_is_named_by_the_training_command(data, tmp_path):
    Image.new("L", (240, 240)).save(first(data, "images"))
    result = command("training", "segmentation_both", "--data", data, "--out", tmp_path / "run")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert first(data, "images").name in result.stderr and "all black" in result.stderr


@pytest.mark.parametrize("row, word", [("{patient},3", "in two parts"), ("TCGA_XX_0000,10", "'10'")])
def test_a_patient_in_two_parts_or_in_none(tmp_path, row, word):
    patient = next(iter(read_split(SPLIT)))
    (tmp_path / "split.csv").write_text(SPLIT.read_text() + row.format(patient=patient) + "\n")
    with pytest.raises(DataError, match=word):
        read_split(tmp_path / "split.csv")


def test_a_patient_without_a_row(data):
    slices = read_slices(data)
    tenths = read_split(SPLIT)
    del tenths[slices.patients[0]]
    with pytest.raises(DataError, match=slices.patients[0]):
        parts(slices, tenths, 0)


def test_the_split_that_is_written_down():
    """98 patients in ten tenths; in each fold no patient is in two parts, and over the folds each is tested once."""
    with open(SPLIT, newline="") as file:
        assert len(list(csv.DictReader(file))) == len(read_split(SPLIT)) == 98
    tenths = read_split(SPLIT)
    assert sorted(Counter(tenths.values()).values()) == [9, 9, *[10] * 8]
    names = tuple(f"{patient}_1.png" for patient in sorted(tenths))
    slices = Slices(torch.zeros(98, 1, 1, 1), torch.zeros(98, 1, 1, 1), names)
    tested = Counter()
    for fold in range(5):
        training, validation, test = (set(part.patients) for part in parts(slices, tenths, fold))
        assert len(training | validation | test) == 98 == len(training) + len(validation) + len(test)
        tested.update(test)
    assert set(tested.values()) == {1} and len(tested) == 98
    for fold in (-1, 5):
        with pytest.raises(DataError, match="no fold"):
            parts(slices, tenths, fold)


def test_a_mask_moves_with_its_slice():
    """Where image and mask are the same shape, they are after augmentation too."""
    masks = torch.from_numpy(demo_slices(12)[1])[:, None]
    images, moved = augmented(masks.byte() * 255, masks, torch.Generator().manual_seed(0))
    assert images.shape == moved.shape == (12, 1, 192, 192) and set(moved.unique().tolist()) == {0.0, 1.0}
    assert dice(images > 0.4, moved > 0).min() > 0.9
    assert dice(moved > 0, masks[:, :, 24:-24, 24:-24]).mean() < 0.8


def test_dice_iou_and_the_loss_of_known_masks():
    mask, other, empty = (torch.zeros(1, 1, 4, 4, dtype=torch.bool) for _ in range(3))
    mask[..., :2, :] = True
    other[..., 1:3, :] = True
    assert dice(mask, other).item() == pytest.approx(0.5) and iou(mask, other).item() == pytest.approx(1 / 3)
    assert dice(mask, empty).item() < 1e-6 and dice(empty, empty).item() == 1
    assert dice_loss(mask.float(), other.float()).item() == pytest.approx(0.5)
    half = torch.full((1, 1, 4, 4), 0.5)
    assert dice_loss(half, mask.float()).item() == pytest.approx(1 - 2 * 4 / (4 + 8))


def test_baselines_of_made_slices():
    """The tumour is bright; the neighbour above is taken, the one below where there is none above."""
    images, masks = (torch.from_numpy(part)[:, None] for part in demo_slices(4))
    slices = Slices(images, masks, tuple(f"TCGA_CS_4944_2001_{number}.png" for number in (1, 2, 9, 3)))
    found, has_one = neighbours_masks(slices)
    assert has_one.tolist() == [True, True, False, True]
    assert torch.equal(found[[0, 1, 3]], masks[[1, 3, 1]])
    level = best_level(slices)
    covered = [dice(brighter(slices, other), masks).mean() for other in (level - 0.25, level, level + 0.25)]
    assert covered[1] == max(covered) > 0.1


def test_scores_and_figures_of_a_run(data, tmp_path):
    run = finished_run("segmentation_dice", tmp_path / "run")
    scores, table = tmp_path / "scores.json", tmp_path / "results.md"
    result = command("training.scores.brain", run, "--data", data, "--scores", scores, "--table", table)
    assert result.returncode == 0, result.stderr
    threshold, neighbour, trained = json.loads(scores.read_text())
    assert (trained["fold"], trained["slices"], trained["patients"]) == (0, 4, 2)
    assert trained["system"] == "segmentation_dice" and len(trained["slice_dice"]["worst"]) == 4
    assert threshold["slices"] == neighbour["slices"] == 4
    assert table.read_text() == result.stdout and "| run | 0 | 0 | 4 |" in result.stdout
    command("training.scores.brain", shutil.copytree(run, tmp_path / "copy"), "--data", data, "--scores", scores)
    assert [row["run"] for row in json.loads(scores.read_text())][2:] == ["run", "copy"]
    drawn = command("training.drawing.brain", run, "--data", data, "--out", tmp_path / "figures")
    assert drawn.returncode == 0, drawn.stderr
    assert {file.name for file in (tmp_path / "figures").iterdir()} == {"curves.png", "slices.png", "sizes.png"}


def test_a_second_seed_is_no_further_fold():
    """Nor is a copy of a run. Folds 0 and 1 of seed 0 have a mean of 0.7; seed 1's fold is beside them."""
    runs = [
        Scores(f"run {number}", fold, 2, 1, summary([dice, dice]), summary([dice]), summary([dice]), "row", seed)
        for number, (fold, seed, dice) in enumerate([(0, 0, 0.6), (0, 0, 0.6), (1, 0, 0.8), (0, 1, 0.1)])
    ]
    assert "2 folds: mean Dice of slices 0.700 ± 0.141" in spread(runs) and spread(runs).count("folds") == 2
