"""The mean teacher's own parts: who counts, which classes are lifted, and that the source goes."""

import pytest
import torch

from training.methods.mean_teacher import MeanTeacher, MeanTeacherSettings, RareClassLift


@pytest.fixture
def method(tmp_path):
    settings = MeanTeacherSettings(
        source="mnistm",
        target="svhn",
        out=tmp_path,
        channels=(4, 8, 12, 24, 48),
        epochs=10,
        steps_per_epoch=1,
        batch=16,
        target_from=0.1,
        source_until=0.6,
        device="cpu",
    )
    torch.manual_seed(0)
    method = MeanTeacher(settings, torch.device("cpu"))
    method.seed(0)
    return method


def images(seed):
    return torch.randint(0, 256, (16, 3, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_each_phase_learns_from_its_own_domains(method):
    """First the source alone, then both, at the end the target alone."""
    losses = []
    for method.step in range(10):
        losses.append(method.update(images(0), torch.arange(16) % 10, images(1)))
    assert ["label_loss" in step for step in losses] == [True] * 6 + [False] * 4
    assert ["target_loss" in step for step in losses] == [False] + [True] * 9


def teacher_that_says(method, monkeypatch, confidences):
    """The teacher is sure of digit 3 to these degrees; no class is lifted."""
    wrong = (1 - confidences) / 9
    probabilities = wrong[:, None].repeat(1, 10)
    probabilities[:, 3] = confidences
    monkeypatch.setattr(method.average.module, "forward", lambda images: probabilities.log())
    method.modules["rare_classes"].rarest = 0


@pytest.mark.parametrize(
    "confidences, counting",
    [
        ([0.2, 0.3, 0.5, 0.6], [False, False, True, True]),  # surer than the average image, 0.4
        ([0.91, 0.92, 0.97, 0.99], [True, True, True, True]),  # above the threshold
    ],
)
def test_labels_count_if_surer_than_average_or_than_the_threshold(method, monkeypatch, confidences, counting):
    teacher_that_says(method, monkeypatch, torch.tensor(confidences))
    labels, counts = method.teach(images(0)[:4])
    assert labels.tolist() == [3] * 4 and counts.tolist() == counting


def test_the_student_learns_nothing_from_labels_that_do_not_count(method, monkeypatch):
    """Uncounted images' labels make no difference to the step."""

    def stepped(labels):
        torch.manual_seed(0)
        fresh = MeanTeacher(method.settings, method.device)
        fresh.seed(0)
        fresh.step = 8  # target alone
        monkeypatch.setattr(fresh, "teach", lambda images: (labels, torch.arange(16) < 8))
        torch.manual_seed(1)
        fresh.update(images(0), torch.arange(16) % 10, images(1))
        return fresh.network.label_head[1].weight.detach()

    first = torch.arange(16) % 10
    uncounted, counted = first.clone(), first.clone()
    uncounted[8:], counted[:8] = 0, 0
    assert torch.equal(stepped(first), stepped(uncounted))
    assert not torch.equal(stepped(first), stepped(counted))


def test_a_class_that_vanishes_is_lifted_and_the_others_keep_their_proportions():
    """A class found in one image in a thousand counts forty times as much; 1 stays six times as frequent as 2."""
    probabilities = torch.tensor([[0.001, 0.6, 0.1, *[0.299 / 7] * 7]])
    lift = RareClassLift(0.04)
    for _ in range(2000):
        lifted = lift(probabilities)
    assert torch.allclose(lift.frequencies, probabilities[0], atol=1e-4)
    assert lifted[0, 0] / lifted[0, 1] == pytest.approx(0.04 / 0.6, rel=1e-2)
    assert lifted[0, 1] / lifted[0, 2] == pytest.approx(6, rel=1e-4)
    assert torch.allclose(lifted.sum(1), torch.ones(1))


def test_teacher_reads_without_dropout_and_by_the_batch_s_statistics(method):
    method.average.module.label_head[0].p = 0.9
    method.seed(0)
    first, _ = method.teach(images(1))
    method.seed(0)
    for layer in method.average.module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.fill_(100.0)
    assert torch.equal(method.teach(images(1))[0], first)
