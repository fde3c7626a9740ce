"""Between two networks: their weights averaged, and dev rows to say where (WiSE-FT)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.evaluation.record import Evaluation

Weights = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A point between the champion and the tuned network.

    Attributes:
        alpha: 0 is the champion, 1 the tuned network.
        temperature: Fitted on the dev rows for this point.
        evaluation: Figures on the dev rows, with this temperature.
    """

    alpha: float
    temperature: float
    evaluation: Evaluation

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, rounded as the other figures of a lineage."""
        return {
            "alpha": self.alpha,
            "macro_f1": round(self.evaluation.macro_f1.value, 4),
            "ece": round(self.evaluation.ece.value, 4),
            "temperature": round(self.temperature, 4),
        }


def interpolate_weights(old: Weights, new: Weights, alpha: float) -> dict[str, Tensor]:
    """`(1 - alpha) old + alpha new` (Wortsman et al. 2022, eq. 1); exact at both ends.

    Args:
        old: Weights by name.
        new: The same names and shapes.
        alpha: 0 to 1. What is no floating-point number is taken from `old`.
    """
    return {
        name: torch.lerp(value, new[name].to(value), alpha) if value.is_floating_point() else value
        for name, value in old.items()
    }


def choose_interpolation(
    alphas: Sequence[float], measure: Callable[[float], Interpolation]
) -> tuple[Interpolation, tuple[Interpolation, ...]]:
    """Measure every point; the best macro-F1 wins, of equals the smaller ECE, then the one nearer to the champion.

    Args:
        alphas: Points, at least one.
        measure: Sets the network to a point and measures it on dev rows.

    Returns:
        The best, and all in the order of `alphas`.
    """
    points = tuple(measure(alpha) for alpha in alphas)
    return min(points, key=_rank), points


def _rank(point: Interpolation) -> tuple[float, float, float]:
    ece = point.evaluation.ece.value
    return (-point.evaluation.macro_f1.value, ece if ece == ece else 1.0, point.alpha)
