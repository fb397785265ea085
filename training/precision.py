"""bf16 or fp32: what a run computes in where neither a flag nor its row says."""

from dataclasses import replace

import torch

from training.run_folder import RunFolder
from training.settings import AnySettings


def with_precision(settings: AnySettings, run: RunFolder, device: torch.device) -> AnySettings:
    """The settings with `bf16` decided. A resumed run keeps what it began with; a smoke run computes in fp32, in which
    its losses are alike on every machine."""
    if settings.bf16 is not None:
        return settings
    began = run.settings() if settings.resume else {}
    return replace(settings, bf16=began.get("bf16", not settings.smoke and has_bf16(device)))


def has_bf16(device: torch.device) -> bool:
    """Whether the processor computes in bf16 itself. Where PyTorch imitates it, as on Intel's AVX-512 without AMX,
    a step of DANN took 4.5 times as long as in fp32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere
    probe = getattr(torch.cpu, "get_capabilities", dict)  # older releases of PyTorch do not tell
    return device.type == "cpu" and any(probe().get(name) for name in ("avx512_bf16", "amx_bf16"))
