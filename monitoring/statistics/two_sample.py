"""Can a classifier tell the texts of now from those of then? If it can, something has changed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Z
from monitoring.statistics.estimate import Estimate, Float64, Int64, finite_rows, unknown

FOLDS: Final = 5
_FEATURES: Final = 2**18
_STRENGTH: Final = 1.0
"""C of the logistic regression, for rows of about unit length."""
_REUSE: Final = 2.0
"""Variance of a cross-validated AUC against that of a held-out one, under no change. For scores that are linear
in the training labels, rows i and j of different folds meet twice, as training and as test row, with the same
product `y_i y_j k(x_i, x_j)`: a sum of doubled terms has twice the variance of a sum of as many single ones."""


def compare_texts(reference: Sequence[str], current: Sequence[str], rng: np.random.Generator) -> Estimate:
    """Classifier two-sample test on texts (Lopez-Paz & Oquab 2017, "Revisiting Classifier Two-Sample Tests").

    Logistic regression on hashed character 1- to 3-grams; see `compare_rows` for the statistics. A text counts once
    on each side: a flood of one text is for the rate of duplicates to say. A text that is on both sides lies in
    one fold, so no fold is tested on what another was trained on.

    Args:
        reference: Texts then; some thousands are plenty.
        current: Texts now.
        rng: Source of the folds.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    before, now = dict.fromkeys(reference), dict.fromkeys(current)
    number = {text: i for i, text in enumerate(before | now)}
    groups = np.array([number[text] for text in (*before, *now)], np.int64)
    texts = [*before, *now]
    if len(texts) == 0 or not any(text.strip() for text in texts):
        return unknown("no text has a character", len(before), len(now))
    hashing = HashingVectorizer(
        analyzer="char", ngram_range=(1, 3), n_features=_FEATURES, alternate_sign=False, lowercase=False
    )
    return _cross_validated(hashing.transform(texts), groups, len(before), rng)


def compare_rows(
    reference: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]], rng: np.random.Generator
) -> Estimate:
    """Classifier two-sample test on embeddings.

    `value` is the AUC of a logistic regression, the mean of 5 stratified folds: .5 when nothing can be told
    apart. Under no change `(AUC - .5) / sqrt(2 (n + m + 1) / (12 n m))` is about normal; the 2 is for
    cross-validation, which uses each pair of rows twice. The p-value is one-sided. The interval is that of
    Hanley & McNeil 1982, Radiology 143, eq. 2, with the same factor. `effect` is `2 AUC - 1`, 0 to 1: how much
    oftener than not the text of now gets the higher score.

    Equal rows count once on each side and lie in one fold.

    Args:
        reference: Floating[N, H], embeddings then; rows with a NaN or an infinity are left out.
        current: Floating[M, H].
        rng: Source of the folds.
    """
    before, now = (np.unique(finite_rows(rows), axis=0) for rows in (reference, current))
    both = np.concatenate([before, now])
    if len(both) == 0:
        return unknown("no finite rows")
    _, groups = np.unique(both, axis=0, return_inverse=True)
    spread = both.std(axis=0)
    scaled = (both - both.mean(axis=0)) / np.where(spread > 0, spread, 1.0) / math.sqrt(both.shape[1])
    return _cross_validated(scaled, groups.reshape(-1).astype(np.int64), len(before), rng)


def _cross_validated(features: Any, groups: Int64, n: int, rng: np.random.Generator) -> Estimate:
    """AUC over folds of features [N + M, F], the first n rows being of the reference."""
    m = len(groups) - n
    if min(n, m) < 2 * FOLDS:
        return unknown(f"less than {2 * FOLDS} different rows on a side", n, m)
    is_now = np.arange(n + m) >= n
    fold = _folds(groups, is_now, rng)
    areas = [_fold_area(features, is_now, fold == k) for k in range(FOLDS)]
    if any(math.isnan(area) for area in areas):
        return unknown("a fold lacks one of the sides: too few rows are only on one side", n, m)
    return _of_area(float(np.mean(areas)), n, m)


def _folds(groups: Int64, is_now: NDArray[np.bool_], rng: np.random.Generator) -> Int64:
    """Fold of each row, int64[N + M]: equal rows together, each side (and what is on both) spread evenly."""
    sides = np.zeros((int(groups.max()) + 1, 2), np.int64)
    np.add.at(sides, (groups, is_now.astype(np.int64)), 1)
    kind = (sides > 0) @ np.array([1, 2])
    order = rng.permutation(len(sides))
    order = order[np.argsort(kind[order], kind="stable")]
    of_group = np.empty(len(sides), np.int64)
    of_group[order] = np.arange(len(sides)) % FOLDS
    return of_group[groups]


def _fold_area(features: Any, is_now: NDArray[np.bool_], test: NDArray[np.bool_]) -> float:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(is_now[test])) < 2 or len(np.unique(is_now[~test])) < 2:
        return math.nan
    model = LogisticRegression(C=_STRENGTH, solver="liblinear", tol=1e-2, class_weight="balanced")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit tells the sides apart as well
        model.fit(features[~test], is_now[~test])
    return _area(model.decision_function(features[test]), is_now[test])


def _area(scores: Float64, is_now: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: chance that a row of now scores higher, ties counting half (Mann & Whitney)."""
    from scipy.stats import rankdata

    m = int(is_now.sum())
    n = len(is_now) - m
    return float((rankdata(scores)[is_now].sum() - m * (m + 1) / 2) / (n * m))


def _of_area(area: float, n: int, m: int) -> Estimate:
    from scipy.stats import norm

    null = math.sqrt(_REUSE * (n + m + 1) / (12 * n * m))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (m - 1) * (first - area**2) + (n - 1) * (second - area**2)
    half = Z * math.sqrt(_REUSE * max(spread, 0.0) / (n * m))
    return Estimate(
        value=area,
        low=max(0.0, area - half),
        high=min(1.0, area + half),
        effect=2 * area - 1,
        p_value=float(norm.sf((area - 0.5) / null)),
        null_low=0.5 - Z * null,
        null_high=0.5 + Z * null,
        n=n,
        m=m,
    )
