"""Numbers as people read them: shares, chances, levels."""

from __future__ import annotations

import math
from typing import Final

from monitoring.metrics.definition import Unit

DASH: Final = "–"
"""Stands for what is not known."""

_LEAST_SHARE: Final = 1e-5
"""Shares below this are shown as a bound."""


def number(value: float, digits: int = 3) -> str:
    """A plain number; small ones keep another digit, and none is shown as 0 that is not."""
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    if abs(value) < 0.5 * 10 ** -(digits + 1):
        return f"<0.{'0' * digits}1"
    return f"{value:.{digits if abs(value) >= 10 ** (1 - digits) else digits + 1}f}"


def percent(value: float) -> str:
    """A share as per cent; small ones keep more digits."""
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0%"
    if abs(value) < _LEAST_SHARE:
        return "<0.001%" if value > 0 else ">-0.001%"
    digits = 1 if abs(value) >= 0.01 else 2 if abs(value) >= 0.001 else 3
    return f"{100 * value:.{digits}f}%"


def p_value(value: float) -> str:
    """A probability of chance."""
    if not math.isfinite(value):
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def amount(value: float, unit: Unit) -> str:
    """A level in its unit."""
    if not math.isfinite(value):
        return DASH
    if unit == "rows":
        return f"{value:,.0f}"
    if unit == "share":
        return percent(value)
    return f"{value:,.1f}" if unit == "tokens" else number(value)
