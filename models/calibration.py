"""Temperature scaling and the one softmax of the project.

Training, evaluation and scoring all turn logits into confidences here, so that a confidence means the same
thing wherever it is read.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from storage.errors import BundleError, TrainingError

MIN_TEMPERATURE: Final = 0.05
MAX_TEMPERATURE: Final = 20.0
_LOG_TOLERANCE: Final = 1e-10

Float64 = NDArray[np.float64]


def softmax(logits: NDArray[np.floating[Any]], temperature: float = 1.0) -> NDArray[np.float32]:
    """Turn logits into calibrated probabilities: `exp(z/T) / sum exp(z/T)` (Guo et al. 2017, eq. 8).

    Computed in float64 after subtracting each row's maximum, so no finite logit overflows. A row that holds
    a NaN or an infinity comes back as NaN throughout: a failed row must never look like a confident one, nor
    like a hesitant one.

    Args:
        logits: Floating[N, C], C >= 1; N may be 0.
        temperature: T > 0; above 1 softens, below 1 sharpens, the order of the classes never changes.

    Returns:
        float32[N, C]; each row sums to 1 within float32 rounding, or is NaN.

    Raises:
        BundleError: The logits are not a matrix, or the temperature is not a positive finite number.
    """
    _check_temperature(temperature)
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise BundleError(
            f"logits of shape {logits.shape}",
            expected="one row for each document and one column for each class",
            action="check the classification head of the bundle",
        )
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    scaled = np.where(finite, logits, 0.0).astype(np.float64)
    with np.errstate(over="ignore"):  # a float64 gap past 1e308 becomes -inf, whose exponential is rightly 0
        scaled -= scaled.max(axis=1, keepdims=True)
        scaled /= temperature
    return np.where(finite, special.softmax(scaled, axis=1), np.nan).astype(np.float32)


def fit_temperature(logits: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]]) -> float:
    """Find the temperature that minimises the negative log-likelihood of held-out labels.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", eq. 9 and section 4.2. With b = 1/T the
    loss is convex in b and its slope, `mean(E_p[z] - z_gold)`, only grows with b; so the zero of the slope is
    found by halving an interval of log T, which cannot diverge and needs no step size.

    Where the data cannot tell:
        * every row right (also: few rows, one class): the loss falls for ever as T -> 0; that says nothing
          about how sure to be, so the logits are left alone and 1.0 comes back;
        * every row the same for all classes: any T is as good, 1.0;
        * otherwise the best T within [0.05, 20]: a model worse than chance gets 20.
    There is no penalty term: on a few dozen rows the result is the best fit to these rows, noise included.

    Args:
        logits: Floating[N, C], document logits on rows that took no part in training. Rows with a NaN or an
            infinity are left out.
        gold: Int[N], the right class of each row, 0 <= gold < C.

    Returns:
        The temperature T, within [MIN_TEMPERATURE, MAX_TEMPERATURE].

    Raises:
        TrainingError: The shapes disagree, a label is no class, or no row has finite logits.
    """
    margins = _margins(logits, gold)
    if (margins <= 0.0).all():
        return 1.0
    low, high = math.log(MIN_TEMPERATURE), math.log(MAX_TEMPERATURE)
    if _slope(margins, MAX_TEMPERATURE) >= 0.0:
        return MAX_TEMPERATURE
    if _slope(margins, MIN_TEMPERATURE) <= 0.0:
        return MIN_TEMPERATURE
    while high - low > _LOG_TOLERANCE:
        middle = (low + high) / 2
        if _slope(margins, math.exp(middle)) > 0.0:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _margins(logits: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]]) -> Float64:
    """float64[M, C]: how far each class lies above the right one, `z - z_gold`, on the finite rows."""
    if logits.ndim != 2 or logits.shape[1] == 0 or gold.shape != logits.shape[:1]:
        raise TrainingError(
            f"logits of shape {logits.shape} with labels of shape {gold.shape}",
            expected="[rows, classes] and [rows]",
            action="pass the document logits and one label for each document",
        )
    if not np.issubdtype(gold.dtype, np.integer) or ((gold < 0) | (gold >= logits.shape[1])).any():
        raise TrainingError(
            f"labels of type {gold.dtype} outside the classes",
            expected=f"integers from 0 to {logits.shape[1] - 1}",
            action="map label names to class numbers with the label map of the bundle",
        )
    finite = np.isfinite(logits).all(axis=1)
    if not finite.any():
        raise TrainingError(
            f"none of {logits.shape[0]} rows has finite logits",
            expected="held-out rows to fit the temperature on",
            action="hold out a dev split; if there is one, the network gives NaN",
        )
    kept = logits[finite].astype(np.float64)
    margins: Float64 = kept - np.take_along_axis(kept, gold[finite, None], axis=1)
    return margins


def _slope(margins: Float64, temperature: float) -> float:
    """Derivative of the mean loss in 1/T: positive where T is too small, negative where it is too large."""
    return float((special.softmax(margins / temperature, axis=1) * margins).sum(axis=1).mean())


def _check_temperature(temperature: float) -> None:
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise BundleError(
            f"a temperature of {temperature}",
            expected="a positive finite number",
            action="fit the calibration of this bundle again",
            temperature=temperature,
        )
