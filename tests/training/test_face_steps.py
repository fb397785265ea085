"""One step of the face methods, on cartoon faces: losses, rates, and what a batch holds."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from training.data.face_split import FaceSplit, load_faces
from training.data.faces import ATTRIBUTES
from training.errors import TrainingCollapsed
from training.loop import train
from training.measures import collapse
from training.measures.kl import kl_from_standard_normal
from training.methods.acgan import Acgan, AcganSettings
from training.methods.adversaries import frozen, share_right
from training.methods.gan import Gan, GanSettings, hinge
from training.settings import RunSettings
from training.synthetic.faces import demo_faces
from training.systems import SYSTEMS

CPU = torch.device("cpu")


SHORT = dict(epochs=2, steps_per_epoch=3, batch=8, device="cpu", smoke=True)


SMALL_GAN = dict(noise_size=6, generator_width=2, discriminator_width=2)


def test_no_face_comes_twice_before_all_have_come():
    data = load_faces(RunSettings(out=Path(), epochs=1, steps_per_epoch=1, batch=1, smoke=True), CPU)
    assert len(data.validation.names) == 15 and not set(data.training.names) & set(data.validation.names)
    numbered = FaceSplit(dataclasses.replace(data.training, images=torch.arange(285)), data.validation)
    settings = RunSettings(out=Path(), epochs=1, steps_per_epoch=60, batch=10)
    rows = torch.cat([images for images, _ in numbered.batches(settings, seed=0)])
    assert len(rows) == 600
    assert rows[:285].sort().values.equal(torch.arange(285)) and rows[285:570].sort().values.equal(torch.arange(285))
    assert not rows[:285].equal(rows[285:570])


def test_attributes_stay_with_their_faces():
    data = load_faces(RunSettings(out=Path(), epochs=1, steps_per_epoch=1, batch=1, smoke=True), CPU)
    images, attributes = demo_faces(300, seed=0)
    for part in (data.training, data.validation):
        rows = [int(name[:5]) for name in part.names]
        assert np.array_equal(part.images.permute(0, 2, 3, 1).numpy(), images[rows])
        assert np.array_equal(part.attributes.numpy(), attributes[rows])


def test_kl_is_that_of_torch_distributions():
    mean, log_variance = torch.randn(5, 4), torch.randn(5, 4)
    expected = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0, 1)).sum(dim=1)
    assert torch.allclose(kl_from_standard_normal(mean, log_variance).sum(dim=1), expected, atol=1e-5)


def test_hinge_pushes_real_up_and_fake_down_until_the_margin():
    real, fake = torch.tensor([0.0, 2.0], requires_grad=True), torch.tensor([0.5, -2.0], requires_grad=True)
    loss = hinge(real, fake)
    loss.backward()
    assert loss.item() == pytest.approx((1 + 0 + 1.5 + 0) / 2)
    assert real.grad[0] < 0 and fake.grad[0] > 0
    assert real.grad[1] == fake.grad[1] == 0
    assert share_right(real, fake) == pytest.approx(2 / 4)


def flat(network):
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def gan_step(step, tmp_path, **settings):
    """Weights of a GAN before and after one update."""
    method = step[0](step[1](out=tmp_path, **SMALL_GAN, **SHORT | settings), CPU)
    method.seed(0)
    before = [flat(network) for network in (method.generator, method.discriminator)]
    images, attributes = demo_faces(8)
    losses = method.update(torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(attributes))
    after = [flat(network) for network in (method.generator, method.discriminator)]
    return [(one - other).abs().max().item() for one, other in zip(before, after)], losses


@pytest.mark.parametrize("step", [(Gan, GanSettings), (Acgan, AcganSettings)], ids=["gan", "acgan"])
def test_one_step_moves_each_network_at_its_own_rate(tmp_path, step):
    """Adam's first step is as long as its rate."""
    (generator, discriminator), losses = gan_step(step, tmp_path, generator_rate=1e-3, discriminator_rate=1e-2)
    assert generator == pytest.approx(1e-3, rel=0.01) and discriminator == pytest.approx(1e-2, rel=0.01)
    assert all(np.isfinite(value) for value in losses.values())


def test_frozen_weights_pass_gradients_on():
    layer, inputs = torch.nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
    with frozen(layer):
        layer(inputs).sum().backward()
    assert inputs.grad is not None and layer.weight.grad is None
    assert layer.weight.requires_grad


def test_the_generator_learns_to_raise_the_discriminators_score(tmp_path):
    """With the discriminator standing still."""
    settings = GanSettings(out=tmp_path, discriminator_rate=0.0, generator_rate=1e-2, **SMALL_GAN, **SHORT)
    method = Gan(settings, CPU)
    images, attributes = (torch.from_numpy(array) for array in demo_faces(8))
    losses = []
    for _ in range(30):
        method.seed(0)
        losses.append(method.update(images.permute(0, 3, 1, 2), attributes)["generator_loss"])
    assert losses[-1] < losses[0]


def test_the_acgan_learns_smiling_and_no_other_attribute(tmp_path):
    """Its loss sees the one column alone: changing the others changes nothing."""
    images, attributes = (torch.from_numpy(array) for array in demo_faces(8))
    others = attributes.clone()
    others[:, [column for column, name in enumerate(ATTRIBUTES) if name != "Smiling"]] ^= True

    def losses(answers):
        torch.manual_seed(0)
        method = Acgan(AcganSettings(out=tmp_path, **SMALL_GAN, **SHORT), CPU)
        method.seed(0)
        return method.update(images.permute(0, 3, 1, 2), answers)

    assert losses(attributes) == losses(others) != losses(~attributes)


def test_a_collapsed_gan_ends_with_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(collapse, "GRACE", 0)

    class Still(Gan):
        def inputs(self, attributes):
            return (torch.zeros(len(attributes), self.settings.noise_size),)

    with pytest.raises(TrainingCollapsed, match="epoch 1: samples vary 0.000 times"):
        train(
            dataclasses.replace(SYSTEMS["gan"], method=Still), GanSettings(out=tmp_path / "run", **SMALL_GAN, **SHORT)
        )
    assert not (tmp_path / "run" / "done").exists()
