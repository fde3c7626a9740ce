"""How good the model is tonight, as far as its own probabilities can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.classification import precision_recall_f1
from models.evaluation.intervals import percentile_interval, wilson
from monitoring.statistics.estimate import Estimate, Float64, Int64, finite_rows, unknown

RESAMPLES: Final = 300


@dataclass(frozen=True, slots=True)
class ExpectedClass:
    """What one class is expected to score.

    Attributes:
        precision: Mean probability of the class over the rows predicted as it.
        recall: Expected right rows among all expected rows of the class.
        f1: `2 TP / (2 TP + FP + FN)` of expected counts.
        predicted: Rows predicted as it.
        expected: Rows that are expected to be of it, right or wrong: the sum of its probabilities.
    """

    precision: Estimate
    recall: Estimate
    f1: Estimate
    predicted: int
    expected: float


@dataclass(frozen=True, slots=True)
class ExpectedScores:
    """What a model is expected to score: no label was looked at.

    Attributes:
        accuracy: Mean top probability, Wilson interval.
        macro_f1: Mean of the classes' expected F1 scores, bootstrap interval.
        classes: One for each class, in the order of the columns.
    """

    accuracy: Estimate
    macro_f1: Estimate
    classes: tuple[ExpectedClass, ...]


def expected_scores(
    probs: NDArray[np.floating[Any]], rng: np.random.Generator, resamples: int = RESAMPLES
) -> ExpectedScores:
    """Estimate accuracy, precision, recall and F1 from calibrated probabilities alone.

    Confidence-based performance estimation: a row predicted as c is right with probability p_c, so that
    `TP_c = sum of p_c over rows predicted as c`, `FP_c` the sum of `1 - p_c` there, and `FN_c` the sum of p_c
    over all other rows (Guerra, Bhatt & Kivimäki; NannyML). The intervals draw rows anew and labels from
    their probabilities, so they hold both the choice of rows and the luck of labels.

    **Blind to** a change in what texts of a kind mean (concept drift: the model is as sure as ever, and wrong),
    to probabilities that are no longer calibrated on what is new, and to texts unlike all training. A score
    that falls is bad news; one that stands still proves nothing. Only drawn labels do.

    Args:
        probs: Floating[N, C], calibrated; rows with a NaN are left out.
        rng: Source of the resamples.
        resamples: How many.
    """
    rows = finite_rows(probs)
    if len(rows) == 0 or (rows < 0).any() or not (rows.sum(axis=1) > 0).all():
        return _nothing("no row has probabilities" if len(rows) == 0 else "a row is no distribution", probs)
    rows = rows / rows.sum(axis=1, keepdims=True)
    predicted = rows.argmax(axis=1)
    expected = np.stack([rows[predicted == c].sum(axis=0) for c in range(rows.shape[1])])
    drawn = _drawn_counts(rows, predicted, rng, resamples)
    estimates = _class_estimates(expected, drawn, len(rows))
    top = wilson(float(rows.max(axis=1).sum()), len(rows))
    point, spread = _scores(expected[None])[2].mean(axis=1), _scores(drawn)[2].mean(axis=1)
    return ExpectedScores(
        accuracy=Estimate(top.value, top.low, top.high, n=len(rows)),
        macro_f1=_estimate(float(point[0]), spread, len(rows)),
        classes=tuple(
            ExpectedClass(
                precision=precision,
                recall=recall,
                f1=f1,
                predicted=int((predicted == c).sum()),
                expected=float(expected[:, c].sum()),
            )
            for c, (precision, recall, f1) in enumerate(estimates)
        ),
    )


def _nothing(reason: str, probs: NDArray[Any]) -> ExpectedScores:
    known = unknown(reason)
    classes = probs.shape[1] if probs.ndim == 2 else 0
    return ExpectedScores(known, known, (ExpectedClass(known, known, known, 0, 0.0),) * classes)


def _drawn_counts(rows: Float64, predicted: Int64, rng: np.random.Generator, resamples: int) -> Float64:
    """Counts float64[R, C, C], predicted class by drawn class, of resampled rows."""
    n, classes = rows.shape
    upper = np.cumsum(rows, axis=1)[:, :-1]
    counts = np.empty((resamples, classes, classes))
    for r in range(resamples):
        chosen = rng.integers(0, n, n)
        gold = (rng.random((n, 1)) > upper[chosen]).sum(axis=1)
        flat = np.bincount(predicted[chosen] * classes + gold, minlength=classes * classes)
        counts[r] = flat.reshape(classes, classes)
    return counts


def _scores(counts: Float64) -> tuple[Float64, Float64, Float64]:
    """Precision, recall and F1, float64[R, C] each, of counts float64[R, C, C] predicted class by gold class."""
    hits = np.diagonal(counts, axis1=1, axis2=2)
    given, gold = counts.sum(axis=2), counts.sum(axis=1)
    return precision_recall_f1(hits, given, gold)


def _class_estimates(expected: Float64, drawn: Float64, rows: int) -> list[tuple[Estimate, Estimate, Estimate]]:
    """Precision, recall and F1 of each class from expected counts float64[C, C] and drawn ones float64[R, C, C]."""
    points, spreads = _scores(expected[None]), _scores(drawn)

    def estimate(score: int, c: int) -> Estimate:
        return _estimate(float(points[score][0, c]), spreads[score][:, c], rows)

    return [(estimate(0, c), estimate(1, c), estimate(2, c)) for c in range(len(expected))]


def _estimate(point: float, replicates: Float64, rows: int) -> Estimate:
    interval = percentile_interval(point, replicates)
    return Estimate(interval.value, interval.low, interval.high, n=rows)
