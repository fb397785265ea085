"""The walk through docs/add_a_method.md ends where it says."""

import re
import sys
import types

import torch

from training.loop import train
from training.release import ROOT
from training.run_folder import RunFolder, read_metrics
from training.systems.digits import adaptation


def test_the_pages_method_trains_as_it_stands(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "add_a_method.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    module = types.ModuleType("entropy_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
    exec(code, module.__dict__)
    settings = module.EntropySettings(
        source="usps", target="mnistm", out=tmp_path, channels=(4, 8, 12, 24, 48), smoke=True, device="cpu"
    )
    row = adaptation(module.Entropy, settings, 11)
    assert row.name == "entropy_usps_mnistm" and row.title == "entropy minimisation, USPS → MNIST-M"
    train(row, settings)
    assert (
        RunFolder(tmp_path).done
        and {"label_loss", "target_loss", "validation_accuracy"} <= read_metrics(tmp_path)[-1].keys()
    )
    assert torch.load(tmp_path / "best.pth", weights_only=True)["system"] == row.name
