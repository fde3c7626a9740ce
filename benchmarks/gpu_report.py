"""What `benchmarks/gpu.py` found, as figures and as a Markdown page."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

import torch
import transformers


@dataclass(frozen=True, slots=True)
class Result:
    """One way of scoring one workload.

    Attributes:
        way: What was measured.
        mean_tokens: Mean tokens per document.
        documents: How many.
        tokens: Real tokens in all.
        tflop: Floating-point operations that the real tokens need, in 10^12.
        forward_s: Median seconds of a pass that starts with ids on the device; None: not measured.
        end_to_end_s: Median seconds of a pass from host memory to host memory.
        padding: Share of computed tokens that were padding; None: unknown.
        flipped: Documents whose label differs from the padded way's.
        max_difference: Largest difference of a probability from the padded way's.
    """

    way: str
    mean_tokens: float
    documents: int
    tokens: int
    tflop: float
    forward_s: float | None
    end_to_end_s: float
    padding: float | None
    flipped: int
    max_difference: float


def describe(device: torch.device, ceiling: float) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU {platform.machine()}"
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda, "transformers": transformers.__version__}
    return {"device": name, "ceiling_tflops": ceiling, "python": platform.python_version(), **versions}


def render(machine: dict[str, Any], results: list[Result], ceiling: float) -> str:
    """A Markdown page."""
    lines = [
        ", ".join(
            f"{key} {value:,.0f}" if isinstance(value, float) else f"{key} {value}" for key, value in machine.items()
        ),
        "",
        "| tokens/doc | way | forward tokens/s | end to end tokens/s | docs/s | TFLOP/s | of ceiling | padding | "
        "labels differ | max prob diff |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([*lines, *(_row(result, ceiling) for result in results)])


def _row(result: Result, ceiling: float) -> str:
    speed = result.tflop / (result.forward_s or result.end_to_end_s)
    forward = f"{result.tokens / result.forward_s:,.0f}" if result.forward_s else "-"
    padding = "-" if result.padding is None else f"{result.padding:.1%}"
    return (
        f"| {result.mean_tokens:.0f} | {result.way} | {forward} | {result.tokens / result.end_to_end_s:,.0f} "
        f"| {result.documents / result.end_to_end_s:,.0f} | {speed:,.1f} | {speed / ceiling:.0%} | {padding} "
        f"| {result.flipped} of {result.documents} | {result.max_difference:.1e} |"
    )
