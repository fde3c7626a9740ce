"""Everything that is measured about a model on one labelled set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration_error import (
    calibration_error,
    confidence_histogram,
    equal_mass_edges,
    equal_width_edges,
    reliability_bins,
)
from models.evaluation.classification import class_scores, confusion_counts, macro_scores
from models.evaluation.groups import group_scores
from models.evaluation.intervals import mean_interval, wilson
from models.evaluation.predictions import read_predictions
from models.evaluation.proper_scores import brier_losses, log_losses
from models.evaluation.record import Evaluation
from storage.errors import InputError


def evaluate(
    probs: NDArray[np.floating[Any]],
    gold: NDArray[np.integer[Any]],
    labels: Sequence[str],
    groups: Sequence[str] | None,
    rng: np.random.Generator,
) -> Evaluation:
    """Measure a model on labelled rows; see `Evaluation` for what each score means.

    The order of the rows does not matter: permuted, with a generator in the same state, they give the same
    evaluation.

    Args:
        probs: float32[N, C] from `models.calibration.softmax`; a NaN row is one that could not be scored.
        gold: int[N], 0 <= gold < C.
        labels: C class names, in the order of the columns.
        groups: N group names, or None.
        rng: Source of the bootstrap replicates.

    Raises:
        InputError: No rows, shapes that disagree, a label that is no class, a row that is no distribution.
    """
    predictions = read_predictions(probs, gold)
    if len(labels) != probs.shape[1]:
        raise InputError(
            f"{len(labels)} labels for {probs.shape[1]} classes",
            expected="one name for each column of probabilities",
            action="take the labels from the bundle that made the probabilities",
        )
    counts = confusion_counts(predictions.gold, predictions.predicted, len(labels))
    macro = macro_scores(counts, np.ones(len(labels), np.bool_), rng)
    scored = predictions.take(np.flatnonzero(predictions.scored))
    confidence, correct = scored.confidence, scored.correct
    equal_width = calibration_error(confidence, correct, equal_width_edges(), rng)
    equal_mass = calibration_error(confidence, correct, equal_mass_edges(confidence), rng)
    right = int(correct.sum())
    return Evaluation(
        labels=tuple(labels),
        rows=len(gold),
        unscored=len(gold) - len(confidence),
        correct=right,
        accuracy=wilson(right, len(gold)),
        macro_precision=macro.precision,
        macro_recall=macro.recall,
        macro_f1=macro.f1,
        classes=class_scores(counts, labels),
        confusion=tuple(tuple(row) for row in counts[:, :-1].tolist()),
        ece=equal_width.interval,
        ece_noise_floor=equal_width.noise_floor,
        ece_equal_mass=equal_mass.interval,
        ece_equal_mass_noise_floor=equal_mass.noise_floor,
        brier=mean_interval(brier_losses(scored.probs, scored.gold)),
        nll=mean_interval(log_losses(scored.probs, scored.gold)),
        reliability=reliability_bins(confidence, correct, equal_width_edges()),
        histogram=confidence_histogram(confidence, correct),
        groups=() if groups is None else group_scores(predictions, groups, rng),
    )
