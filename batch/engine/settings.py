"""How to compute: device, precision, size of a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from models.precision import choose_precision
from storage.errors import ConfigError


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How to compute; none of it changes what a prediction means.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:<n>`.
        precision: `auto`, `fp32`, `bf16`, `fp16` or `int8` (on a CPU).
        max_tokens: Computed tokens in one batch; None: see `batch.engine.token_budget`.
    """

    device: str = "auto"
    precision: str = "auto"
    max_tokens: int | None = None


def choose_device(wanted: str) -> torch.device:
    """Turn `auto` into CUDA where there is one.

    Raises:
        ConfigError: This machine has no such device.
    """
    devices = torch.cuda.device_count()
    if wanted == "auto":
        return torch.device("cuda" if devices else "cpu")
    device = torch.device(wanted)
    if device.type == "cuda" and (device.index or 0) >= devices:
        raise ConfigError(
            f"device {wanted!r}: torch sees {devices} CUDA devices here",
            expected=", ".join(["auto", "cpu", *(f"cuda:{index}" for index in range(devices))]),
            action='set device = "auto"',
        )
    return device


def resolve_settings(settings: EngineSettings) -> EngineSettings:
    """Replace every `auto` by what this machine will do.

    Raises:
        ConfigError: No such device, or it cannot compute in the precision asked for.
    """
    device = choose_device(settings.device)
    precision = choose_precision(settings.precision, device)
    return replace(settings, device=str(device), precision=precision)
