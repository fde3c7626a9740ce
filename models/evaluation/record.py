"""What an evaluation says, as records."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

UNSCORED: Final = -1
"""Stands where a predicted class would, for a row that could not be scored."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval; NaN where there is nothing to measure on."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class against the rest.

    Attributes:
        label: Name of the class.
        precision: Right among predicted; 0 by convention when the class is never predicted.
        recall: Found among gold, unscored rows being missed ones; 0 by convention without a gold row.
        f1: Harmonic mean of the two; 0 by convention when both are 0.
        support: Gold rows of the class, unscored ones included.
        predicted: Rows that were given the class.
        unscored: Gold rows of the class that could not be scored.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int
    unscored: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Scored rows whose top probability lies in (low, high]; the first bin includes its lower edge.

    Attributes:
        low: Lower edge of the bin.
        high: Upper edge of the bin.
        count: Rows in the bin.
        confidence: Mean top probability; NaN in an empty bin.
        accuracy: Share of right rows with its Wilson interval; NaN in an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class HistogramBin:
    """Right and wrong rows whose top probability lies in (low, high]."""

    low: float
    high: float
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class GroupScores:
    """The rows of one group (a source, a topic ...).

    Attributes:
        group: Name of the group.
        rows: Rows of the group, unscored ones included.
        unscored: Rows that could not be scored; they count as wrong.
        correct: Right rows.
        accuracy: With its Wilson interval.
        macro_f1: Mean over the classes that occur in the group, as gold or as predicted, so that a group
            with a narrow choice of topics is not blamed for the ones it lacks.
    """

    group: str
    rows: int
    unscored: int
    correct: int
    accuracy: Interval
    macro_f1: Interval


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All scores of one model on one labelled set.

    Rows that could not be scored count as wrong in accuracy, recall and F1: a model must not look better for
    failing. Calibration is measured over scored rows, since an unscored one has no confidence.

    Attributes:
        labels: Class names, in the order of the probabilities' columns.
        rows: Labelled rows, unscored ones included.
        unscored: Rows without probabilities.
        correct: Rows whose most probable class is the gold one.
        accuracy: `correct / rows`, Wilson interval.
        macro_precision: Mean over all classes, bootstrap interval; so are the next two.
        macro_recall: Mean recall.
        macro_f1: Mean of the classes' F1.
        classes: One record for each class.
        confusion: int[C, C], scored rows, gold class by predicted class.
        ece: Expected calibration error of the top probability, 15 bins of equal width.
        ece_noise_floor: A perfectly calibrated model stays under it in 95 of 100 draws of the labels; only an
            `ece` above it is evidence of miscalibration.
        ece_equal_mass: The same error with 15 bins of equal numbers of rows.
        ece_equal_mass_noise_floor: Its noise floor.
        brier: Mean squared distance between probabilities and one-hot gold, 0 best, 2 worst (Brier 1950).
        nll: Mean of `-ln p(gold)`, nats.
        reliability: The bins behind `ece`, empty ones included.
        histogram: Top probabilities of right and wrong rows in 20 bins of equal width.
        groups: Largest first; empty when no groups were given.
    """

    labels: tuple[str, ...]
    rows: int
    unscored: int
    correct: int
    accuracy: Interval
    macro_precision: Interval
    macro_recall: Interval
    macro_f1: Interval
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    ece: Interval
    ece_noise_floor: float
    ece_equal_mass: Interval
    ece_equal_mass_noise_floor: float
    brier: Interval
    nll: Interval
    reliability: tuple[ReliabilityBin, ...]
    histogram: tuple[HistogramBin, ...]
    groups: tuple[GroupScores, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form: records as objects, tuples as lists, NaN as None."""
        return {name: json_ready(value) for name, value in asdict(self).items()}


def json_ready(value: Any) -> Any:
    """Dictionaries, tuples and numbers as JSON has them: tuples as lists, NaN as None."""
    if isinstance(value, dict):
        return {name: json_ready(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [json_ready(inner) for inner in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
