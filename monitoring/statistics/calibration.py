"""How good and how honest the model is, where labels of randomly drawn rows exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration_error import (
    CalibrationError,
    calibration_error,
    equal_mass_edges,
    equal_width_edges,
    reliability_bins,
)
from models.evaluation.calibration_variants import classwise_error, debiased_error, smooth_error
from models.evaluation.classification import class_scores, confusion_counts, macro_scores
from models.evaluation.intervals import wilson
from models.evaluation.predictions import Predictions, read_predictions
from models.evaluation.record import ClassScores, Interval, ReliabilityBin
from monitoring.statistics.estimate import Estimate, unknown


@dataclass(frozen=True, slots=True)
class LabelledScores:
    """What drawn labels say about a model.

    Of the calibration errors, `null_high` is the noise floor (a perfectly calibrated model stays under it in 95
    of 100 draws of the labels), `p_value` its chance to show as much, and `effect` the error less that model's
    mean error: what is left once the noise is taken off.

    Attributes:
        accuracy: Share of right rows, unscored ones being wrong; Wilson interval.
        macro_f1: Mean of the classes' F1, bootstrap interval.
        ece: Expected calibration error of the top probability, 15 bins of equal width.
        ece_equal_mass: With 15 bins of equal numbers of rows.
        ece_classwise: Mean over all classes' own probabilities.
        ece_debiased: Root mean square, freed of its bias, bins of equal numbers of rows.
        ece_smooth: Without bins.
        classes: Precision, recall and F1 of each class.
        reliability: The bins behind `ece`, empty ones included.
    """

    accuracy: Estimate
    macro_f1: Estimate
    ece: Estimate
    ece_equal_mass: Estimate
    ece_classwise: Estimate
    ece_debiased: Estimate
    ece_smooth: Estimate
    classes: tuple[ClassScores, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()


def labelled_scores(
    probs: NDArray[np.floating[Any]], gold: NDArray[np.integer[Any]], labels: Sequence[str], rng: np.random.Generator
) -> LabelledScores:
    """Measure a model on rows that were **drawn at random** and labelled.

    Rows that were chosen because the model was unsure of them would make any model look badly calibrated.

    Args:
        probs: Floating[N, C]; a row with a NaN is one that could not be scored: wrong, and without confidence.
        gold: int[N], 0 <= gold < C.
        labels: C class names.
        rng: Source of the resamples.

    Raises:
        InputError: Shapes that disagree, a label that is no class, a row that is no distribution.
    """
    if len(gold) == 0:
        return LabelledScores(*(unknown("no labelled rows"),) * 7)
    predictions = read_predictions(probs, gold)
    counts = confusion_counts(predictions.gold, predictions.predicted, len(labels))
    macro = macro_scores(counts, np.ones(len(labels), np.bool_), rng)
    scored = predictions.take(np.flatnonzero(predictions.scored))
    ece, equal_mass, classwise, debiased, smooth = _errors(scored, rng)
    return LabelledScores(
        accuracy=_estimate(wilson(int(predictions.correct.sum()), len(gold)), len(gold)),
        macro_f1=_estimate(macro.f1, len(gold)),
        ece=ece,
        ece_equal_mass=equal_mass,
        ece_classwise=classwise,
        ece_debiased=debiased,
        ece_smooth=smooth,
        classes=class_scores(counts, labels),
        reliability=reliability_bins(scored.confidence, scored.correct, equal_width_edges()),
    )


def _errors(scored: Predictions, rng: np.random.Generator) -> list[Estimate]:
    confidence, correct = scored.confidence, scored.correct
    mass = equal_mass_edges(confidence)
    errors = (
        calibration_error(confidence, correct, equal_width_edges(), rng),
        calibration_error(confidence, correct, mass, rng),
        classwise_error(scored.probs, scored.gold, rng),
        debiased_error(confidence, correct, mass, rng),
        smooth_error(confidence, correct, rng),
    )
    return [_error(error, len(confidence)) for error in errors]


def _error(error: CalibrationError, rows: int) -> Estimate:
    if rows == 0:
        return unknown("no labelled row could be scored")
    return Estimate(
        value=error.interval.value,
        low=error.interval.low,
        high=error.interval.high,
        effect=error.interval.value - error.noise_mean,
        p_value=error.p_value,
        null_low=0.0,
        null_high=error.noise_floor,
        n=rows,
    )


def _estimate(interval: Interval, rows: int) -> Estimate:
    return Estimate(interval.value, interval.low, interval.high, n=rows)
