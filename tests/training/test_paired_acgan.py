"""The ACGAN on pairs: what a pair is, and which differences within it cost."""

import torch

from training.data.faces import ATTRIBUTES
from training.methods.paired_acgan import COMPANIONS, PairedAcgan, PairedAcganSettings
from training.systems import SYSTEMS

SMALL = dict(noise_size=6, generator_width=2, discriminator_width=2, epochs=1, steps_per_epoch=1, batch=8, device="cpu")


def small(**settings):
    method = PairedAcgan(PairedAcganSettings(**SMALL, **settings), torch.device("cpu"))
    method.seed(0)
    return method


def test_a_pair_is_one_noise_with_the_attribute_off_and_on():
    noise, condition = small().pairs(8)
    assert torch.equal(noise[:4], noise[4:]) and len(noise[:4].unique(dim=0)) == 4
    assert condition.tolist() == [0] * 4 + [1] * 4


def test_the_asked_attribute_and_what_goes_with_it_may_differ_and_no_other():
    for attribute in ("Smiling", "Male"):
        method, logits = small(attribute=attribute), torch.randn(4, 13).repeat(2, 1)
        for name in (attribute, *COMPANIONS[attribute]):
            logits[4:, ATTRIBUTES.index(name)] += 5
        assert method.difference_of_others(logits) == 0
        logits[4:, ATTRIBUTES.index("Bangs")] += 6
        assert abs(method.difference_of_others(logits) - 6**2 / 10) < 1e-5


def test_a_row_asks_for_its_own_attribute():
    attributes = torch.eye(13, dtype=torch.bool)
    rows = {"paired_acgan": "Smiling", "paired_acgan_male": "Male", "paired_acgan_blond_hair": "Blond_Hair"}
    for row, attribute in rows.items():
        method = small(attribute=SYSTEMS[row].settings.attribute)
        assert method.condition(attributes).argmax() == ATTRIBUTES.index(attribute)


def test_the_price_of_identity_moves_the_generator():
    """Two equal starts that differ in the weight alone part after one step."""
    images, attributes = torch.randint(256, (8, 3, 64, 64), dtype=torch.uint8), torch.rand(8, 13) < 0.5

    def after_a_step(weight):
        torch.manual_seed(0)
        method = small(identity_weight=weight)
        torch.nn.init.normal_(method.generator.layers[0].weight)  # the attribute reaches the image
        method.update(images, attributes)
        return method.generator.layers[0].weight

    assert torch.equal(after_a_step(0.0), after_a_step(0.0))
    assert not torch.equal(after_a_step(0.0), after_a_step(10.0))
