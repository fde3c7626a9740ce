"""The classes of now from predictions alone, if only their shares have moved and not what they look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import percentile_interval
from monitoring.statistics.estimate import Estimate, Float64, finite_rows

RESAMPLES: Final = 200
MAX_CONDITION: Final = 100.0
"""A confusion matrix worse than this turns a percent of noise in the predicted shares into nonsense."""
_STEPS: Final = 2000
_TOLERANCE: Final = 1e-7
_SAMPLE_STEPS: Final = 300
_SAMPLE_TOLERANCE: Final = 1e-5
_BROKEN_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class LabelShift:
    """Estimated shares of the classes.

    Attributes:
        shares: For each class its share now with a bootstrap interval; `effect` is the share now less that
            of the source. Empty when nothing can be estimated.
        p_value: Chance of such a fit if the shares were those of the source: likelihood ratio against
            chi2(C - 1) (Saerens et al. 2002, section 2.3). NaN for BBSE.
        condition: Condition number of the confusion matrix (BBSE), NaN for EM.
        reason: Why nothing can be estimated.
    """

    shares: tuple[Estimate, ...] = ()
    p_value: float = float("nan")
    condition: float = float("nan")
    reason: str = ""


def shares_by_likelihood(
    probs: NDArray[np.floating[Any]], source_shares: Float64, rng: np.random.Generator, resamples: int = RESAMPLES
) -> LabelShift:
    """Estimate the shares of the classes by expectation maximisation.

    Saerens, Latinne & Decaestecker 2002, Neural Computation 14, eq. 2.9: `q <- mean of normalised p q / pi`.
    Right only for **calibrated** probabilities (Alexandari et al. 2020) and if the texts of a class look as
    they did: a new topic breaks it. The interval is that of resampled rows; it knows nothing of an error in
    the calibration.

    Args:
        probs: Floating[N, C], calibrated; rows with a NaN are left out.
        source_shares: float64[C], shares of the classes where the calibration was fitted.
        rng: Source of the bootstrap resamples.
        resamples: How many.
    """
    rows = finite_rows(probs)
    source = np.asarray(source_shares, np.float64)
    reason = _why_not(rows, source)
    if reason:
        return LabelShift(reason=reason)
    source = source / source.sum()
    ratios = rows / source
    weights = np.full((1, len(ratios)), 1.0 / len(ratios))
    shares = _maximise(ratios, weights, source[None, :], _STEPS, _TOLERANCE)
    drawn = rng.multinomial(len(ratios), weights[0], size=resamples) / len(ratios)
    start = np.clip(shares, 1e-4, None) / np.clip(shares, 1e-4, None).sum()
    replicates = _maximise(ratios, drawn, np.repeat(start, resamples, axis=0), _SAMPLE_STEPS, _SAMPLE_TOLERANCE)
    gain = float(np.log(ratios @ shares[0]).sum() - np.log(ratios @ source).sum())
    return LabelShift(_shares(shares[0], source, replicates, len(ratios)), _ratio_p_value(gain, len(source)))


def shares_by_confusion(
    confusion: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    max_condition: float = MAX_CONDITION,
) -> LabelShift:
    """Estimate the shares of the classes from predicted ones: black box shift estimation.

    Lipton, Wang & Smola 2018, eq. 3: `q = P(predicted | gold)^-1 mu`. Needs no calibration, only that the texts
    of a class look as they did. Negative estimates are cut at 0 and the rest scaled to 1. Resamples draw the
    confusion counts and the predictions anew. A matrix whose condition number is above `max_condition` is
    refused: its inverse would amplify noise.

    Args:
        confusion: int[C, C] counts of held-out labelled rows, gold class by predicted class.
        predicted: int[C] predicted classes now.
        rng: Source of the bootstrap resamples.
        resamples: How many.
        max_condition: The limit.
    """
    counts, seen = np.asarray(confusion, np.float64), np.asarray(predicted, np.float64)
    classes = len(seen)
    gold = counts.sum(axis=1)
    if classes < 2 or counts.shape != (classes, classes) or not seen.sum() > 0 or not (gold > 0).all():
        return LabelShift(reason="no predictions, less than two classes, or a class without a labelled row")
    condition = float(np.linalg.cond((counts / gold[:, None]).T))
    if not condition <= max_condition:
        return LabelShift(
            condition=condition,
            reason=f"the model confuses classes too much: condition number {condition:.0f}, limit {max_condition:.0f}",
        )
    tables = rng.multinomial(int(counts.sum()), counts.ravel() / counts.sum(), size=resamples)
    seen_again = rng.multinomial(int(seen.sum()), seen / seen.sum(), size=resamples)
    replicates = _solve(tables.reshape(-1, classes, classes).astype(np.float64), seen_again, 10 * max_condition)
    if len(replicates) < (1 - _BROKEN_SHARE) * resamples:
        return LabelShift(condition=condition, reason="resampled confusion matrices can't be inverted: too few labels")
    shares = _solve(counts[None], seen[None], np.inf)[0]
    source = gold / gold.sum()
    return LabelShift(_shares(shares, source, replicates, int(seen.sum())), condition=condition)


def _why_not(rows: Float64, source: Float64) -> str:
    if len(rows) == 0:
        return "no row has probabilities"
    if rows.shape[1] < 2:
        return "less than two classes"
    if source.shape != rows.shape[1:] or not np.isfinite(source).all() or not (source > 0).all():
        return "the source lacks the share of a class, or it is 0"
    return "a row is no distribution" if (rows < 0).any() or not (rows.sum(axis=1) > 0).all() else ""


def _maximise(ratios: Float64, weights: Float64, shares: Float64, steps: int, tolerance: float) -> Float64:
    """Shares float64[R, C] that fit ratios float64[N, C] under weights float64[R, N], each row of sum 1."""
    for _ in range(steps):
        better = shares * ((weights / (shares @ ratios.T)) @ ratios)
        better /= better.sum(axis=1, keepdims=True)
        change = float(np.abs(better - shares).max())
        shares = better
        if change < tolerance:
            break
    return shares


def _solve(confusion: Float64, predicted: NDArray[Any], max_condition: float) -> Float64:
    """Shares float64[K, C] of those of R confusion matrices float64[R, C, C] that can be inverted."""
    gold = confusion.sum(axis=2, keepdims=True)
    given = np.swapaxes(confusion / np.maximum(gold, 1e-300), 1, 2)
    good = (gold > 0).all(axis=(1, 2))
    good[good] = np.linalg.cond(given[good]) <= max_condition
    mu = predicted[good] / predicted[good].sum(axis=1, keepdims=True)
    raw = np.maximum(np.linalg.solve(given[good], mu[:, :, None])[:, :, 0], 0.0)
    shares: Float64 = raw / raw.sum(axis=1, keepdims=True)
    return shares


def _shares(shares: Float64, source: Float64, replicates: Float64, rows: int) -> tuple[Estimate, ...]:
    intervals = [percentile_interval(float(shares[c]), replicates[:, c]) for c in range(len(shares))]
    return tuple(
        Estimate(each.value, each.low, each.high, effect=each.value - float(source[c]), n=rows)
        for c, each in enumerate(intervals)
    )


def _ratio_p_value(gain: float, classes: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(2 * max(gain, 0.0), classes - 1))
