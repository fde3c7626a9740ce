"""Where a model goes wrong: row numbers only, the caller joins the texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.classification import confusion_counts
from models.evaluation.predictions import Predictions, read_predictions


@dataclass(frozen=True, slots=True)
class Confusion:
    """One class taken for another.

    Attributes:
        gold: The right class.
        predicted: The class it was taken for.
        count: How many rows.
        share: `count` among the gold rows of the class, unscored ones included.
        rows: Some of these rows, the most confident first.
    """

    gold: int
    predicted: int
    count: int
    share: float
    rows: tuple[int, ...]


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
    return _surest(predictions, predictions.scored & ~predictions.correct, limit)


def frequent_confusions(
    probs: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]], limit: int, *, rows_each: int = 5
) -> tuple[Confusion, ...]:
    """Find the pairs of classes that are confused most often.

    Args:
        probs: Floating[N, C]; NaN rows are left out.
        gold: int[N].
        limit: At most so many pairs.
        rows_each: At most so many rows for each pair.

    Returns:
        The most frequent first, equals in the order of the classes.

    Raises:
        InputError: See `read_predictions`.
    """
    predictions = read_predictions(probs, gold)
    counts = confusion_counts(predictions.gold, predictions.predicted, probs.shape[1])
    wrong = counts[:, :-1] - np.diag(np.diagonal(counts))
    pairs = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    return tuple(
        Confusion(
            gold=int(of_gold),
            predicted=int(given),
            count=int(wrong[of_gold, given]),
            share=float(wrong[of_gold, given] / counts[of_gold].sum()),
            rows=tuple(_surest(predictions, _is_pair(predictions, of_gold, given), rows_each).tolist()),
        )
        for of_gold, given in zip(*np.unravel_index(pairs, wrong.shape), strict=True)
        if wrong[of_gold, given] > 0
    )


def _is_pair(predictions: Predictions, gold: int, predicted: int) -> NDArray[np.bool_]:
    pair: NDArray[np.bool_] = (predictions.gold == gold) & (predictions.predicted == predicted)
    return pair


def _surest(predictions: Predictions, among: NDArray[np.bool_], limit: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(among)
    return rows[np.argsort(-predictions.confidence[rows], kind="stable")][:limit].astype(np.int64)
