"""Scores that only the true probabilities minimise: they see calibration and sharpness at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_FLOOR: Final = float(np.finfo(np.float32).eps)
"""Resolution of float32 next to 1. scikit-learn clips float32 probabilities at the same place."""


def brier_losses(probs: Float64, gold: NDArray[np.int64]) -> Float64:
    """Squared distance to the one-hot gold for each row, float64[N], 0 to 2 (Brier 1950, eq. 2).

    Args:
        probs: float64[N, C], scored rows.
        gold: int64[N].
    """
    of_gold = np.take_along_axis(probs, gold[:, None], axis=1)[:, 0]
    losses: Float64 = (probs**2).sum(axis=1) - 2.0 * of_gold + 1.0
    return losses


def log_losses(probs: Float64, gold: NDArray[np.int64]) -> Float64:
    """`-ln p(gold)` for each row in nats, float64[N]; p is clipped at float32 epsilon, so at most 15.94.

    Args:
        probs: float64[N, C], scored rows.
        gold: int64[N].
    """
    of_gold = np.take_along_axis(probs, gold[:, None], axis=1)[:, 0]
    losses: Float64 = -np.log(np.clip(of_gold, _FLOOR, 1.0))
    return losses
