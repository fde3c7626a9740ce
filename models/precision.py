"""Which number type a device computes in."""

from __future__ import annotations

from typing import Literal

import torch

from storage.errors import ConfigError

Precision = Literal["fp32", "bf16", "fp16", "int8"]


def choose_precision(wanted: str, device: torch.device) -> Precision:
    """Turn `auto` into what the device does best, and refuse what it cannot do.

    `auto` never becomes int8: that changes probabilities by more than rounding, so somebody has to ask for it.

    Args:
        wanted: `auto`, `fp32`, `bf16`, `fp16` or `int8` (CPU only).
        device: Where the network runs.

    Raises:
        ConfigError: The device cannot compute in that type.
    """
    if wanted == "fp32":
        return "fp32"
    if device.type == "cuda":
        bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        possible: dict[str, Precision] = {"fp16": "fp16", "bf16": "bf16"} if bf16 else {"fp16": "fp16"}
        fallback: Precision = "bf16" if bf16 else "fp16"
    else:
        bf16 = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
        possible = {"bf16": "bf16"} if bf16 else {}
        if torch._C._has_mkldnn and torch.cpu._is_vnni_supported():
            possible["int8"] = "int8"
        fallback = "bf16" if bf16 else "fp32"
    if wanted == "auto":
        return fallback
    if wanted not in possible:
        raise ConfigError(
            f"precision {wanted!r} on {device.type}",
            expected=f"one of auto, fp32{''.join(f', {name}' for name in possible)} on this machine",
            action='set precision = "auto"',
        )
    return possible[wanted]


def autocast_type(precision: Precision) -> torch.dtype | None:
    """The number type that autocast computes in; None: no autocast."""
    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
