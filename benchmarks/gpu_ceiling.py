"""Seconds on a device that works on its own, and the most that it could do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

CEILING_SHAPES = ((8192, 8192, 8192), (16384, 8192, 8192), (16384, 16384, 8192))
"""Matrix products (m, n, k) of which the fastest is called the ceiling."""


def measure_ceiling(shapes: tuple[tuple[int, int, int], ...], device: torch.device) -> float:
    """The fastest bf16 matrix product found, in TFLOP/s."""
    return max(_matmul_tflops(*shape, device) for shape in shapes)


def _matmul_tflops(m: int, n: int, k: int, device: torch.device, products: int = 20) -> float:
    left = torch.randn(m, k, device=device, dtype=torch.bfloat16)
    right = torch.randn(n, k, device=device, dtype=torch.bfloat16).T
    out = torch.empty(m, n, device=device, dtype=torch.bfloat16)

    def multiply() -> None:
        for _ in range(products):
            torch.matmul(left, right, out=out)

    return 2 * m * n * k * products / median_s(multiply, 5) / 1e12


def median_s(work: Callable[[], object], repeats: int) -> float:
    """Median seconds of some passes after one to warm up; the device is idle before and after each."""
    seconds = []
    for _ in range(repeats + 1):
        _wait()
        started = time.perf_counter()
        work()
        _wait()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
