"""How unsure the model is of each row, from its probabilities alone; the larger, the more worth asking.

Settles, "Active Learning Literature Survey" (2009), section 3.1. For fine-tuned transformers the margin does best, or
nearly so: Schröder, Niekler & Potthast, "Revisiting Uncertainty-based Query Strategies ... with Transformers" (2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.floating[Any]]


def least_confidence(probs: Probabilities) -> NDArray[np.float64]:
    """`1 - max_c p_c` (Lewis & Gale 1994).

    Args:
        probs: Floating[N, C], C >= 2.

    Returns:
        float64[N], from 0 to `1 - 1/C`.
    """
    best: NDArray[np.float64] = probs.astype(np.float64).max(axis=1)
    return 1.0 - best


def margin(probs: Probabilities) -> NDArray[np.float64]:
    """`1 - (p_first - p_second)` (Scheffer et al. 2001, "breaking ties").

    Args:
        probs: Floating[N, C], C >= 2.

    Returns:
        float64[N], from 0 to 1.
    """
    ranked = np.sort(probs.astype(np.float64), axis=1)
    gap: NDArray[np.float64] = ranked[:, -1] - ranked[:, -2]
    return 1.0 - gap


def entropy(probs: Probabilities) -> NDArray[np.float64]:
    """`-sum_c p_c ln p_c`, in nats; `0 ln 0 = 0` (Shannon 1948).

    Args:
        probs: Floating[..., C].

    Returns:
        float64[...], from 0 to `ln C`.
    """
    known = probs.astype(np.float64)
    logs = np.log(known, out=np.zeros_like(known), where=known > 0)
    total: NDArray[np.float64] = -(known * logs).sum(axis=-1)
    return total + 0.0  # no minus zero
