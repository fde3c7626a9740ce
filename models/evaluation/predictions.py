"""From probabilities to predicted classes, checked once for all of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.record import UNSCORED
from storage.errors import InputError

_SUM_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of a model for labelled rows.

    Attributes:
        probs: float64[N, C], NaN rows where scoring failed.
        gold: int64[N].
        predicted: int64[N], the most probable class (the first of equals), `UNSCORED` where scoring failed.
        confidence: float64[N], probability of the predicted class, NaN where scoring failed.
    """

    probs: NDArray[np.float64]
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """bool[N]: rows that have probabilities."""
        return np.not_equal(self.predicted, UNSCORED)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """bool[N]: rows whose predicted class is the gold one; never an unscored row."""
        return np.equal(self.predicted, self.gold)

    def take(self, rows: NDArray[np.integer[Any]]) -> Predictions:
        """The rows of these numbers."""
        return Predictions(self.probs[rows], self.gold[rows], self.predicted[rows], self.confidence[rows])


def read_predictions(probs: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]]) -> Predictions:
    """Check probabilities against labels and pick each row's most probable class.

    Args:
        probs: Floating[N, C], rows that sum to 1; a row with a NaN anywhere is unscored.
        gold: Int[N], 0 <= gold < C.

    Raises:
        InputError: Empty, the shapes disagree, a label is no class, or a row is no distribution.
    """
    if probs.ndim != 2 or probs.size == 0 or gold.shape != probs.shape[:1]:
        raise InputError(
            f"probabilities of shape {probs.shape} with labels of shape {gold.shape}",
            expected="[rows, classes] and [rows], at least one row and one class",
            action="evaluate on a file with labelled rows",
        )
    if not np.issubdtype(gold.dtype, np.integer) or ((gold < 0) | (gold >= probs.shape[1])).any():
        raise InputError(
            f"labels of type {gold.dtype} outside the classes",
            expected=f"integers from 0 to {probs.shape[1] - 1}",
            action="map label names to class numbers with the label map of the bundle",
        )
    scored = ~np.isnan(probs).any(axis=1)
    kept = np.where(scored[:, None], probs, np.nan).astype(np.float64)
    _check_distributions(kept, scored)
    filled = np.where(scored[:, None], kept, 0.0)
    predicted = np.where(scored, filled.argmax(axis=1), UNSCORED)
    confidence = np.where(scored, filled.max(axis=1), np.nan)
    return Predictions(kept, gold.astype(np.int64), predicted.astype(np.int64), confidence)


def _check_distributions(probs: NDArray[np.float64], scored: NDArray[np.bool_]) -> None:
    low = (probs < 0.0).any(axis=1)
    bad = scored & (low | ~(np.abs(probs.sum(axis=1) - 1.0) <= _SUM_TOLERANCE))
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"row {row} is no probability distribution: {probs[row].tolist()}",
            expected="probabilities from 0 to 1 that sum to 1",
            action="pass the output of models.calibration.softmax, not logits",
            row=row,
        )
