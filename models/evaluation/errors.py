"""Where a model goes wrong: row numbers only, the caller joins the texts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.predictions import read_predictions


def confidently_wrong(
    probs: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]], limit: int
) -> NDArray[np.int64]:
    """Find the wrong rows that the model was surest of: bad labels and blind spots come first.

    Args:
        probs: Floating[N, C]; NaN rows are left out.
        gold: int[N].
        limit: At most so many rows.

    Returns:
        int64[K <= limit] row numbers, the most confident first, equals in the order of the rows.

    Raises:
        InputError: See `read_predictions`.
    """
    predictions = read_predictions(probs, gold)
    rows = np.flatnonzero(predictions.scored & ~predictions.correct)
    return rows[np.argsort(-predictions.confidence[rows], kind="stable")][:limit].astype(np.int64)
