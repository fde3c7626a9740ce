"""Does a confidence of 80 % come true 80 times in a hundred?

All functions take the scored rows only: `confidence` float64[N] (top probability) and `correct` bool[N].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import NOTHING, RESAMPLES, wilson
from models.evaluation.record import HistogramBin, Interval, ReliabilityBin
from models.evaluation.tail import tail_chance

BINS: Final = 15
"""As in Guo et al. 2017."""

HISTOGRAM_BINS: Final = 20

_GRID: Final = 1000
"""Resampling lumps rows whose confidences agree to three decimals: its cost then does not grow with the rows,
and what it loses is far below the sampling noise that it measures."""

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Expected calibration error with what it takes to read it.

    Attributes:
        interval: The error and its 95 % interval.
        noise_floor: The 95 % point of the error of a perfectly calibrated model with these confidences.
        noise_mean: The mean of that error.
        p_value: Chance that such a model shows an error as large.
    """

    interval: Interval
    noise_floor: float
    noise_mean: float
    p_value: float


UNKNOWN: Final = CalibrationError(NOTHING, math.nan, math.nan, math.nan)
"""The calibration error of no rows."""


def equal_width_edges(bins: int = BINS) -> Float64:
    """Edges of bins of equal width over [0, 1], float64[bins + 1]."""
    return np.linspace(0.0, 1.0, bins + 1)


def equal_mass_edges(confidence: Float64, bins: int = BINS) -> Float64:
    """Edges at quantiles, float64[bins + 1]: bins hold equal numbers of rows, but for ties."""
    if len(confidence) == 0:
        return equal_width_edges(bins)
    return np.asarray(np.quantile(confidence, np.linspace(0.0, 1.0, bins + 1)), np.float64)


def calibration_error(confidence: Float64, correct: Bool, edges: Float64, rng: np.random.Generator) -> CalibrationError:
    """Expected calibration error: mean over rows of their bin's |accuracy - confidence|.

    Guo et al. 2017, eq. 3 (Naeini et al. 2015); bins are (low, high]. Binned errors are biased upwards, and
    resampling doubles the bias, so a plain percentile interval may well miss the truth. The interval here is
    the basic bootstrap (Davison & Hinkley 1997, eq. 5.6), which turns the bias round; its lower end is 0 when
    the error is within the noise floor, its upper end never below the error itself.

    The noise floor draws `correct` from the confidences (Broecker & Smith 2007, "Increasing the Reliability
    of Reliability Diagrams").

    Args:
        confidence: float64[N].
        correct: bool[N].
        edges: float64[B + 1], ascending.
        rng: Source of the resamples.

    Returns:
        NaN throughout when N is 0.
    """
    if len(confidence) == 0:
        return UNKNOWN
    bins = bin_of(confidence, edges)
    gaps = np.bincount(bins, confidence - correct)
    value = float(np.abs(gaps).sum()) / len(confidence)
    calibrated = _calibrated_errors(bins, confidence, rng)
    return against_noise(value, value, calibrated, _resampled_errors(bins, confidence, correct, rng))


def against_noise(value: float, centre: float, calibrated: Float64, resampled: Float64) -> CalibrationError:
    """Set an error against that of a calibrated model, with the basic bootstrap interval of `calibration_error`.

    Args:
        value: The error, 0 to 1.
        centre: The error that the resampled rows have as their truth: the plug-in one, which is `value` unless
            that was freed of its bias.
        calibrated: float64[R] errors of a calibrated model.
        resampled: float64[R'] errors of resampled rows.
    """
    noise_floor = float(np.quantile(calibrated, 0.95))
    low, high = np.quantile(resampled, [0.025, 0.975]) - centre
    lower = 0.0 if value <= noise_floor else max(0.0, value - float(high))
    upper = min(1.0, max(value, value - float(low)))
    p_value = tail_chance(value, calibrated)
    return CalibrationError(Interval(value, lower, upper), noise_floor, float(calibrated.mean()), p_value)


def reliability_bins(confidence: Float64, correct: Bool, edges: Float64) -> tuple[ReliabilityBin, ...]:
    """The points of a reliability diagram, one for each of the bins that `edges` (float64[B + 1]) cut."""
    bins, size = bin_of(confidence, edges), len(edges) - 1
    counts = np.bincount(bins, minlength=size)
    sums = np.bincount(bins, confidence, minlength=size)
    hits = np.bincount(bins[correct], minlength=size)
    return tuple(
        ReliabilityBin(
            low=float(edges[b]),
            high=float(edges[b + 1]),
            count=int(counts[b]),
            confidence=float(sums[b] / counts[b]) if counts[b] else math.nan,
            accuracy=wilson(int(hits[b]), int(counts[b])),
        )
        for b in range(size)
    )


def confidence_histogram(confidence: Float64, correct: Bool) -> tuple[HistogramBin, ...]:
    """Right and wrong rows by confidence, `HISTOGRAM_BINS` bins of equal width."""
    edges = equal_width_edges(HISTOGRAM_BINS)
    bins = bin_of(confidence, edges)
    right = np.bincount(bins[correct], minlength=HISTOGRAM_BINS)
    wrong = np.bincount(bins[~correct], minlength=HISTOGRAM_BINS)
    return tuple(
        HistogramBin(float(edges[b]), float(edges[b + 1]), int(right[b]), int(wrong[b])) for b in range(HISTOGRAM_BINS)
    )


def bin_of(confidence: Float64, edges: Float64) -> Int64:
    """Bin of each row, int64[N]: (low, high], what lies outside going to the nearest bin."""
    return np.searchsorted(edges[1:-1], confidence, side="left").astype(np.int64)


def _resampled_errors(bins: Int64, confidence: Float64, correct: Bool, rng: np.random.Generator) -> Float64:
    """Errors of bootstrap resamples of the rows, float64[R]."""
    key, count, mean = _cells(bins * 2 + correct, confidence)
    drawn = rng.multinomial(len(confidence), count / len(confidence), size=RESAMPLES)
    return _errors(drawn * (mean - key % 2), key // 2, len(confidence))


def _calibrated_errors(bins: Int64, confidence: Float64, rng: np.random.Generator) -> Float64:
    """Errors when rows come true as often as their confidence says, float64[R]."""
    key, count, mean = _cells(bins, confidence)
    hits = rng.binomial(count, mean, size=(RESAMPLES, len(key)))
    return _errors(count * mean - hits, key, len(confidence))


def _errors(gaps: Float64, bins: Int64, rows: int) -> Float64:
    """Calibration errors float64[R] from summed gaps float64[R, K] of cells in bins int64[K]."""
    in_bin = np.eye(int(bins.max()) + 1)[bins]
    errors: Float64 = np.abs(gaps @ in_bin).sum(axis=1) / rows
    return errors


def _cells(key: Int64, confidence: Float64) -> tuple[Int64, Int64, Float64]:
    """Lump rows of one key and almost one confidence: key int64[K], count int64[K], mean float64[K]."""
    fine = np.minimum((confidence * _GRID).astype(np.int64), _GRID - 1)
    code, where, count = np.unique(key * _GRID + fine, return_inverse=True, return_counts=True)
    mean = np.clip(np.bincount(where, confidence) / count, 0.0, 1.0)
    return code // _GRID, count.astype(np.int64), mean
