"""Other measures of calibration: of all classes, freed of its bias, without bins."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration_error import (
    BINS,
    UNKNOWN,
    Bool,
    CalibrationError,
    Float64,
    Int64,
    against_noise,
    bin_of,
    equal_width_edges,
)

_RESAMPLES: Final = 300
_CELLS: Final = 400
"""Grid of the smooth error: confidences within a 400th are taken for one."""
_HALVINGS: Final = 12
"""The bandwidth is then known to a 4096th."""


def classwise_error(probs: Float64, gold: Int64, rng: np.random.Generator, bins: int = BINS) -> CalibrationError:
    """Mean over classes of the expected calibration error of the class's own probability.

    Kull et al. 2019, "Beyond temperature scaling", eq. 3: it sees the probabilities of all classes, not of the
    winning one alone. Bins are of equal width; noise floor and interval as in `calibration_error`.

    Args:
        probs: float64[N, C], scored rows.
        gold: int64[N], 0 <= gold < C.
        rng: Source of the resamples.
        bins: Bins for each class.

    Returns:
        NaN throughout when N is 0.
    """
    rows, classes = probs.shape
    if rows == 0:
        return UNKNOWN
    cell = bin_of(probs.ravel(), equal_width_edges(bins)).reshape(rows, classes) + np.arange(classes) * bins
    every, size = np.arange(rows), classes * bins
    expected = np.bincount(cell.ravel(), probs.ravel(), minlength=size)
    upper = np.cumsum(probs, axis=1)[:, :-1]

    def error(sums: NDArray[Any], hits: NDArray[Any]) -> float:
        return float(np.abs(sums - hits).sum() / (rows * classes))

    calibrated, resampled = np.empty(_RESAMPLES), np.empty(_RESAMPLES)
    for r in range(_RESAMPLES):
        drawn = (rng.random((rows, 1)) > upper).sum(axis=1)
        calibrated[r] = error(expected, np.bincount(cell[every, drawn], minlength=size))
        rows_again = rng.integers(0, rows, rows)
        sums = np.bincount(cell[rows_again].ravel(), probs[rows_again].ravel(), minlength=size)
        resampled[r] = error(sums, np.bincount(cell[rows_again, gold[rows_again]], minlength=size))
    value = error(expected, np.bincount(cell[every, gold], minlength=size))
    return against_noise(value, value, calibrated, resampled)


def debiased_error(confidence: Float64, correct: Bool, edges: Float64, rng: np.random.Generator) -> CalibrationError:
    """Root mean square calibration error over bins, freed of the bias of small bins.

    Kumar, Liang & Ma 2019, "Verified Uncertainty Calibration", section 5: from each bin's squared gap its
    sampling variance `a (1 - a) / (n - 1)` is taken off. About 0 for a calibrated model whatever N; never below
    0, and on the scale of a root mean square, so above an `ece` of the same rows.

    Args:
        confidence: float64[N].
        correct: bool[N].
        edges: float64[B + 1], ascending.
        rng: Source of the resamples.

    Returns:
        NaN throughout when N is 0.
    """
    rows = len(confidence)
    if rows == 0:
        return UNKNOWN
    _, bins = np.unique(bin_of(confidence, edges), return_inverse=True)
    calibrated, resampled = np.empty(_RESAMPLES), np.empty(_RESAMPLES)
    for r in range(_RESAMPLES):
        calibrated[r] = _bin_error(bins, confidence, rng.random(rows) < confidence, debias=True)
        again = rng.integers(0, rows, rows)
        resampled[r] = _bin_error(bins[again], confidence[again], correct[again], debias=True)
    value = _bin_error(bins, confidence, correct, debias=True)
    return against_noise(value, _bin_error(bins, confidence, correct, debias=False), calibrated, resampled)


def _bin_error(bins: Int64, confidence: Float64, correct: Bool, *, debias: bool) -> float:
    """Root of the mean over rows of their bin's squared gap; of a bin of one row nothing can be taken off."""
    counts = np.bincount(bins)
    kept = np.maximum(counts, 1)
    accuracy = np.bincount(bins, correct) / kept
    squares = (accuracy - np.bincount(bins, confidence) / kept) ** 2
    if debias:
        squares = squares - accuracy * (1 - accuracy) / np.maximum(counts - 1, 1)
    return math.sqrt(max(0.0, float((counts * squares).sum()) / len(bins)))


def smooth_error(confidence: Float64, correct: Bool, rng: np.random.Generator) -> CalibrationError:
    """Calibration error without bins: the residuals are smoothed by a kernel that chooses its own width.

    Błasiok & Nakkiran 2023, "Smooth ECE", section 3: the integral of |residuals smoothed by a Gaussian that is
    reflected at 0 and 1|, at the width that equals the error itself. It moves little when confidences move
    little, which a binned error does not.

    Args:
        confidence: float64[N].
        correct: bool[N].
        rng: Source of the resamples.

    Returns:
        NaN throughout when N is 0.
    """
    rows = len(confidence)
    if rows == 0:
        return UNKNOWN
    cell = np.minimum((confidence * _CELLS).astype(np.int64), _CELLS - 1)
    counts, sums = np.bincount(cell, minlength=_CELLS), np.bincount(cell, confidence, minlength=_CELLS)
    mean = np.clip(sums / np.maximum(counts, 1), 0.0, 1.0)
    hits = np.bincount(cell[correct], minlength=_CELLS)
    calibrated = rng.binomial(counts, mean, size=(_RESAMPLES, _CELLS)) - counts * mean
    kinds = np.concatenate([hits, counts - hits])
    drawn = rng.multinomial(rows, kinds / rows, size=_RESAMPLES)
    resampled = drawn[:, :_CELLS] * (1 - mean) - drawn[:, _CELLS:] * mean
    errors = _smoothed((np.concatenate([(hits - sums)[None], calibrated, resampled])) / rows)
    value = float(errors[0])
    return against_noise(value, value, errors[1 : _RESAMPLES + 1], errors[_RESAMPLES + 1 :])


def _smoothed(residuals: Float64) -> Float64:
    """Smooth errors float64[R] of residual masses float64[R, K] on a grid over [0, 1].

    A Gaussian with reflection multiplies the k-th cosine by `exp(-(pi k width)^2 / 2)`; the error falls as the
    width grows, so the width that equals it is found by halving.
    """
    from scipy.fft import dct, idct

    waves = dct(residuals, axis=1)
    decay = (np.pi * np.arange(residuals.shape[1])) ** 2 / 2
    low, high = np.zeros(len(residuals)), np.ones(len(residuals))
    for _ in range(_HALVINGS):
        width = (low + high) / 2
        error = np.abs(idct(waves * np.exp(-decay * width[:, None] ** 2), axis=1)).sum(axis=1)
        low, high = np.where(error > width, width, low), np.where(error > width, high, width)
    width = (low + high) / 2
    smooth = idct(waves * np.exp(-decay * width[:, None] ** 2), axis=1)
    return np.asarray(np.abs(smooth).sum(axis=1), np.float64)
