"""A run chooses bf16 by itself, says what it chose and stays with it."""

import json

import pytest
import torch

from tests.training.mnist_like import write_mnist
from training.__main__ import main
from training.precision import has_bf16
from training.run_folder import RunFolder

PLAIN_AVX512 = {"avx512_f": True, "avx512_bw": True, "avx512_bf16": False, "amx_bf16": False}


def pretend(monkeypatch, **capabilities):
    """The processor has these beside plain AVX-512."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: PLAIN_AVX512 | capabilities, raising=False)


@pytest.mark.parametrize("capabilities", [{}, {"avx512_bf16": True}, {"amx_bf16": True}])
def test_a_cpu_that_imitates_bf16_does_not_count(monkeypatch, capabilities):
    pretend(monkeypatch, **capabilities)
    assert has_bf16(torch.device("cpu")) == bool(capabilities)


def test_an_older_pytorch_that_cannot_tell_means_fp32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_bf16(torch.device("cpu"))


@pytest.mark.parametrize("capability, expected", [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_a_gpu_from_ampere_on_counts_whatever_the_cpu_has(monkeypatch, capability, expected):
    pretend(monkeypatch, avx512_bf16=not expected)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_bf16(torch.device("cuda")) == expected
    assert not has_bf16(torch.device("mps"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("hw3_data"), train=60, test=1)


@pytest.fixture
def run(data, tmp_path):
    """Trains one step by the command line with these flags; returns what the run folder says of bf16."""

    def chosen(*flags, row="digit_judge"):
        numbers = ("--epochs", "1", "--steps-per-epoch", "1", "--batch", "8", "--device", "cpu")
        main([row, "--data", str(data), "--out", str(tmp_path / "run"), *numbers, *flags])
        stored = json.loads((tmp_path / "run" / "settings.json").read_text())["bf16"]
        assert RunFolder(tmp_path / "run").load_best()["settings"]["bf16"] is stored
        return stored

    return chosen


@pytest.mark.parametrize(
    "flags, hardware, expected",
    [
        ((), True, True),
        ((), False, False),
        (("--bf16",), False, True),
        (("--no-bf16",), True, False),
        (("--smoke",), True, False),
    ],
)
def test_a_run_records_what_it_chose(monkeypatch, run, flags, hardware, expected):
    pretend(monkeypatch, avx512_bf16=hardware)
    assert run("--width", "4", *flags) is expected


def test_a_row_may_be_always_in_fp32(monkeypatch, run):
    pretend(monkeypatch, avx512_bf16=True)
    assert run(row="linear_denoiser") is False


def test_a_resumed_run_keeps_what_it_began_with(monkeypatch, run, capsys):
    pretend(monkeypatch, avx512_bf16=True)
    run("--width", "4")
    pretend(monkeypatch)  # now on another machine
    assert run("--width", "4", "--resume") is True
    with pytest.raises(SystemExit) as ended:
        run("--width", "4", "--resume", "--no-bf16")
    assert ended.value.code == 2 and "was run with --bf16 True, not False" in capsys.readouterr().err
