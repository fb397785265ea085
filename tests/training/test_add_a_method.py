"""The walk through docs/add_a_method.md ends where it says."""

import re
import shutil
import subprocess
import sys
import types

import torch

from training.loop import train
from training.release import ROOT
from training.run_folder import RunFolder, read_metrics
from training.systems.digits import adaptation

PAGE = (ROOT / "docs" / "add_a_method.md").read_text()


def test_the_pages_row_has_its_place(tmp_path):
    file = "training/systems/digits.py"
    (tmp_path / file).parent.mkdir(parents=True)
    shutil.copy(ROOT / file, tmp_path / file)
    patch = re.search(r"```diff\n(.*?)```", PAGE, re.DOTALL)[1]
    applied = subprocess.run(["git", "apply"], input=patch, text=True, capture_output=True, cwd=tmp_path)
    assert applied.returncode == 0, applied.stderr
    assert "adaptation(Entropy, EntropySettings(" in (tmp_path / file).read_text()


def test_the_pages_method_trains_as_it_stands(tmp_path, monkeypatch):
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
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
