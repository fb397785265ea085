"""The VAE's start and what learns in it; that its losses fall is seen in figures/faces."""

import torch
import torch.nn.functional as F

from models.vae import sketches
from training.augment.images import signed
from training.data.face_split import load_faces
from training.methods.components_vae import ComponentsVae, ComponentsVaeSettings
from training.methods.vae import Vae, VaeSettings
from training.systems import SYSTEMS

CPU = torch.device("cpu")
SMALL = dict(latent_size=6, width=2, epochs=1, steps_per_epoch=3, batch=8, device="cpu", smoke=True)


def started(method_class, settings):
    torch.manual_seed(0)
    method, data = method_class(settings, CPU), load_faces(settings, CPU)
    method.seed(0)
    method.start(data)
    return method, data


def moved_by_updates(method, data):
    """Which parameters three steps change; convolutions behind silent ones learn from the second on."""
    before = {name: weight.detach().clone() for name, weight in method.network.named_parameters()}
    for batch in data.batches(method.settings, seed=0):
        method.update(*batch)
    return {name: not torch.equal(before[name], weight) for name, weight in method.network.named_parameters()}


def test_every_weight_of_the_vae_learns():
    assert all(moved_by_updates(*started(Vae, VaeSettings(**SMALL))).values())


def test_the_baselines_components_stay():
    moved = moved_by_updates(*started(ComponentsVae, ComponentsVaeSettings(**SMALL)))
    assert {name for name, has_moved in moved.items() if not has_moved} == {
        f"linear_{half}.{part}" for half in ("encoder", "decoder") for part in ("weight", "bias")
    }


def test_the_vae_starts_from_the_components_of_sketches():
    """Its linear maps are uncorrelated directions, and silent convolutions leave the enlarged sketch."""
    method, data = started(Vae, VaeSettings(**SMALL))
    pixels = sketches(signed(data.training.images)).flatten(1)
    scores = (pixels - pixels.mean(dim=0)) @ method.network.decoder.linear.weight
    assert torch.corrcoef(scores.T).fill_diagonal_(0).abs().max() < 0.05
    network = method.network.eval()
    mean = network.encode(signed(data.validation.images))[0]
    sketch = network.decoder.linear(mean).view(-1, 3, 32, 32)
    enlarged = F.interpolate(sketch, scale_factor=2, mode="bilinear")
    assert torch.allclose(network.paint(mean), enlarged, atol=1e-6)
    assert F.mse_loss(sketch, sketches(signed(data.validation.images))) < 0.5 * pixels.var(dim=0).mean()


def test_the_loss_is_the_assignments_at_its_own_weight():
    assert SYSTEMS["vae"].settings.kl_weight == 1e-5
