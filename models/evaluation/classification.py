"""Confusion counts, and the scores that follow from them alone.

All conventions are those of scikit-learn with `labels=` all classes and `zero_division=0`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import RESAMPLES, percentile_interval
from models.evaluation.record import ClassScores, Interval

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MacroScores:
    """Unweighted means over classes, with percentile bootstrap intervals."""

    precision: Interval
    recall: Interval
    f1: Interval


def confusion_counts(gold: Int64, predicted: Int64, classes: int) -> Int64:
    """Count rows by gold and predicted class.

    Args:
        gold: int64[N].
        predicted: int64[N], `UNSCORED` (-1) where scoring failed.
        classes: C.

    Returns:
        int64[C, C + 1]; the last column counts the unscored rows of each gold class.
    """
    columns = classes + 1
    flat = np.bincount(gold * columns + predicted % columns, minlength=classes * columns)
    return flat.reshape(classes, columns).astype(np.int64)


def class_scores(counts: Int64, labels: Sequence[str]) -> tuple[ClassScores, ...]:
    """Precision, recall and F1 of each class from int64[C, C + 1] confusion counts."""
    hits, given, support = np.diagonal(counts), counts[:, :-1].sum(axis=0), counts.sum(axis=1)
    precision, recall, f1 = precision_recall_f1(hits, given, support)
    return tuple(
        ClassScores(
            label=label,
            precision=float(precision[c]),
            recall=float(recall[c]),
            f1=float(f1[c]),
            support=int(support[c]),
            predicted=int(given[c]),
            unscored=int(counts[c, -1]),
        )
        for c, label in enumerate(labels)
    )


def macro_scores(counts: Int64, over: NDArray[np.bool_], rng: np.random.Generator) -> MacroScores:
    """Macro precision, recall and F1 with 95 % intervals.

    Bootstrapping rows is the same as drawing the confusion counts from a multinomial, so a replicate costs
    the number of non-empty cells, not of rows.

    Args:
        counts: int64[C, C + 1] from `confusion_counts`, not all zero.
        over: bool[C], the classes to average over, at least one.
        rng: Source of the replicates.
    """
    gold, given = np.nonzero(counts)
    cells = counts[gold, given]
    drawn = rng.multinomial(cells.sum(), cells / cells.sum(), size=RESAMPLES)
    point = _macro(cells[None, :], gold, given, over)
    spread = _macro(drawn, gold, given, over)
    intervals = (percentile_interval(float(p[0]), s) for p, s in zip(point, spread, strict=True))
    return MacroScores(*intervals)


def cell_scores(cells: Int64, gold: Int64, given: Int64, classes: int) -> tuple[Float64, Float64, Float64]:
    """Precision, recall and F1 by class, float64[R, C] each, of R sets of counts.

    Args:
        cells: int64[R, K], rows in each of K cells.
        gold: int64[K], the cells' gold class.
        given: int64[K], the cells' predicted class, C for unscored rows.
        classes: C.
    """
    is_gold = np.eye(classes)[gold]
    is_given = np.eye(classes, classes + 1).T[given]
    return precision_recall_f1(cells @ (is_gold * is_given), cells @ is_given, cells @ is_gold)


def _macro(cells: Int64, gold: Int64, given: Int64, over: NDArray[np.bool_]) -> tuple[Float64, ...]:
    """Macro scores, float64[R] each, of R sets of cell counts int64[R, K] at (gold[K], given[K])."""
    return tuple(score[:, over].mean(axis=1) for score in cell_scores(cells, gold, given, len(over)))


def precision_recall_f1(
    hits: NDArray[np.number], given: NDArray[np.number], support: NDArray[np.number]
) -> tuple[Float64, Float64, Float64]:
    """Precision, recall and F1 of arrays of one shape, float64 of that shape each; 0 where a quotient has no meaning.

    Args:
        hits: Rows of a class that were predicted as it.
        given: Rows that were predicted as it.
        support: Rows of the class.
    """
    return _ratio(hits, given), _ratio(hits, support), _ratio(2 * hits, given + support)


def _ratio(part: NDArray[np.number], whole: NDArray[np.number]) -> Float64:
    ratio = np.zeros(part.shape, np.float64)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
