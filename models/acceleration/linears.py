"""Linear layers with one face: plain float32, and oneDNN's prepacked bf16 and int8 (dynamic activation scales).

torch offers the prepacked products as private operators (they are what its own compiler emits). They are touched
in this file only, and are not used before `find_fault` has seen them agree with the plain layer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Arithmetic = Literal["fp32", "bf16", "int8"]
Activation = Literal["none", "gelu"]

_U8_ZERO: Final = 128
_HALF_ABOVE_ZERO: Final = torch.tensor(_U8_ZERO + 0.5)
_TOLERANCE: Final = {"fp32": 1e-4, "bf16": 0.02, "int8": 0.03}
"""Largest difference to the plain layer, as a share of its largest output."""


class PlainLinear(nn.Module):
    """A linear layer in float32 on the weights as they are.

    Args:
        weight: float32[N, K].
        bias: float32[N] or None.
        activation: Applied behind the product; `gelu` is the exact one (erf).
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: Activation = "none") -> None:
        super().__init__()
        self._weight = weight.detach()
        self._bias = None if bias is None else bias.detach()
        self._gelu = activation == "gelu"

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply to float[..., K]: float32[..., N]."""
        made = functional.linear(inputs.float(), self._weight, self._bias)
        return functional.gelu(made) if self._gelu else made

    def add(self, inputs: Tensor, residual: Tensor) -> Tensor:
        """Apply to float[T, K] and add [T, N]: float32[T, N]."""
        return self(inputs).add_(residual)  # type: ignore[no-any-return]


class PackedLinear(nn.Module):
    """A linear layer with bf16 weights in the order in which the processor reads them.

    Args:
        weight: float32[N, K].
        bias: float32[N] or None.
        activation: Fused behind the product; `gelu` is the exact one (erf).
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: Activation = "none") -> None:
        super().__init__()
        self._activation = activation
        self._algorithm = "none" if activation == "gelu" else ""
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach().to(torch.bfloat16))
        self._bias = None if bias is None else bias.detach().to(torch.bfloat16)

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply to float[..., K]: bfloat16[..., N]."""
        return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]
            inputs.to(torch.bfloat16), self._packed, self._bias, self._activation, [], self._algorithm
        )

    def add(self, inputs: Tensor, residual: Tensor) -> Tensor:
        """Apply to bfloat16[T, K] and add bfloat16[T, N] before the result is rounded: bfloat16[T, N]."""
        return torch.ops.mkldnn._linear_pointwise.binary(  # type: ignore[no-any-return]
            inputs, residual, self._packed, self._bias, "add"
        )


class QuantisedLinear(nn.Module):
    """A linear layer with int8 weights (one scale per output) and uint8 inputs (one scale per call).

    With q = round(x / s) + 128 the product is s * (q @ W') - 128 * s * sum(W'): the second term does not depend on
    the row, so it goes into the bias and the operator runs without zero points, which is faster.

    Args:
        weight: float32[N, K].
        bias: float32[N] or None.
        activation: Fused behind the product; `gelu` is the exact one (erf).
        output: Type of the result; None: that of the inputs.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        activation: Activation = "none",
        output: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self._output = output
        weight = weight.detach().float()
        scale = (weight.abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny)
        rounded = (weight / scale[:, None]).round().to(torch.int8)
        self._activation = activation
        self._algorithm = "none" if activation == "gelu" else ""
        self._packed = torch.ops.onednn.qlinear_prepack(rounded, None)
        self._scale = scale
        self._no_zero_points = torch.zeros(len(scale), dtype=torch.int64)
        self._bias = torch.zeros(len(scale)) if bias is None else bias.detach().float()
        self._shift = -_U8_ZERO * rounded.sum(1, dtype=torch.int64).float() * scale

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply to float[..., K]: [..., N]."""
        return self._apply_as(inputs, self._output or inputs.dtype)

    def _apply_as(self, inputs: Tensor, dtype: torch.dtype) -> Tensor:
        rows, step = quantise(inputs.flatten(0, -2))
        made: Tensor = torch.ops.onednn.qlinear_pointwise(
            rows,
            step,
            0,
            self._packed,
            self._scale,
            self._no_zero_points,
            torch.add(self._bias, self._shift, alpha=step),
            1.0,
            0,
            dtype,
            self._activation,
            [],
            self._algorithm,
        )
        return made.view(*inputs.shape[:-1], -1)

    def add(self, inputs: Tensor, residual: Tensor) -> Tensor:
        """Apply to float[T, K] and add [T, N]: the type of `residual`."""
        return self._apply_as(inputs, residual.dtype).add_(residual)


def quantise(inputs: Tensor) -> tuple[Tensor, float]:
    """Round to 255 even steps around zero: uint8 of the same shape (128 is zero), and the step.

    Raises:
        RuntimeError: A value is not finite: one bad row would spoil the scale of all rows of its batch.
    """
    low, high = torch.aminmax(inputs)
    step = max(-float(low), float(high)) / 127
    if not isfinite(step):
        raise RuntimeError("a value is not finite, so it has no int8 scale")
    step = step or 1.0  # all zeros
    shifted = torch.add(_HALF_ABOVE_ZERO, inputs.float(), alpha=1 / step)  # one pass; the conversion cuts decimals off
    return shifted.to(torch.uint8), step


FastLinear = PlainLinear | PackedLinear | QuantisedLinear
MAKERS: Final[dict[Arithmetic, Callable[..., FastLinear]]] = {
    "fp32": PlainLinear,
    "bf16": PackedLinear,
    "int8": QuantisedLinear,
}


def find_fault(arithmetic: Arithmetic) -> str | None:
    """Compare the operators with the plain layer: what is wrong with them here, or None.

    Torch is pinned, processors are not: an operator may be missing, refuse this machine, or compute something else.
    """
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(24, 96, generator=generator).to(torch.bfloat16).float()  # exact in every type
    residual = torch.randn(24, 160, generator=generator).to(torch.bfloat16).float()
    plain = nn.Linear(96, 160)
    nn.init.normal_(plain.weight, std=0.1, generator=generator)
    nn.init.normal_(plain.bias, generator=generator)
    try:
        return _compare(arithmetic, plain, inputs, residual)
    except (AttributeError, RuntimeError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def _compare(arithmetic: Arithmetic, plain: nn.Linear, inputs: Tensor, residual: Tensor) -> str | None:
    make = MAKERS[arithmetic]
    low = torch.bfloat16
    with torch.inference_mode():
        exact = plain(inputs)
        linear = make(plain.weight, plain.bias)
        pairs = {
            "product": (linear(inputs.to(low)), exact),
            "product and sum": (linear.add(inputs.to(low), residual.to(low)), exact + residual),
            "product and GELU": (
                make(plain.weight, plain.bias, "gelu")(inputs.to(low)),
                functional.gelu(exact),
            ),
        }
        for name, (fast, right) in pairs.items():
            apart = float((fast.float() - right).abs().max() / right.abs().max())
            if not apart <= _TOLERANCE[arithmetic]:
                return f"{name} differs from the plain layer by {apart:.1%}"
    return None
