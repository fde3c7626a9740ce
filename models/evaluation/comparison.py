"""Two models on the same labelled rows: what the second does better, what worse, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.classification import cell_scores
from models.evaluation.intervals import RESAMPLES, percentile_interval, wilson
from models.evaluation.predictions import Predictions, read_predictions
from models.evaluation.record import UNSCORED, Interval
from storage.errors import InputError

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """A class or a slice under both models.

    Attributes:
        name: The class, or the value of the slice column.
        rows: Gold rows of the class, or rows of the slice.
        champion: F1 of the class, or accuracy in the slice, under the first model.
        challenger: The same under the second.
        difference: Second less first, with the paired bootstrap's interval.
    """

    name: str
    rows: int
    champion: float
    challenger: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on N rows. Differences are second less first; rows that could not be scored are wrong.

    Attributes:
        rows: N.
        champion_f1: Macro-F1 of the first model.
        challenger_f1: Macro-F1 of the second.
        macro_f1: Their difference.
        better: Share of the resamples in which the second has the higher macro-F1; ties count half.
        accuracy: Difference of accuracies.
        negative_flips: Share of rows that the first has right and the second wrong (Yan et al. 2021, "Positive-
            congruent training", eq. 1).
        positive_flips: The other way round.
        classes: F1 of each class, in the order of the labels.
        slices: Accuracy of each slice, largest first; empty without groups.
    """

    rows: int
    champion_f1: float
    challenger_f1: float
    macro_f1: Interval
    better: float
    accuracy: Interval
    negative_flips: Interval
    positive_flips: Interval
    classes: tuple[Change, ...]
    slices: tuple[Change, ...]


def compare(
    champion: NDArray[np.floating[Any]],
    challenger: NDArray[np.floating[Any]],
    gold: NDArray[np.integer[Any]],
    labels: Sequence[str],
    groups: Sequence[str] | None,
    rng: np.random.Generator,
) -> Comparison:
    """Compare two models row by row.

    The bootstrap is paired: it draws rows, each with both predictions, so what is hard for both cancels out. Drawing
    rows is drawing counts of (gold, first prediction, second prediction), so its cost does not grow with the rows.

    Args:
        champion: float[N, C], probabilities of the first model; a NaN row could not be scored.
        challenger: float[N, C], those of the second.
        gold: int[N].
        labels: C class names.
        groups: N names of slices, or None.
        rng: Source of the resamples.

    Raises:
        InputError: No rows, or shapes that disagree.
    """
    first, second = read_predictions(champion, gold), read_predictions(challenger, gold)
    if champion.shape != challenger.shape or len(labels) != champion.shape[1]:
        raise InputError(
            f"probabilities of shapes {champion.shape} and {challenger.shape} for {len(labels)} classes",
            expected="two models of the same classes on the same rows",
            action="compare bundles of one task that have the same labels",
        )
    cells = _Cells.count(first, second, len(labels))
    point, drawn = cells.counts[None, :], rng.multinomial(cells.rows, cells.counts / cells.rows, size=RESAMPLES)
    f1 = cells.f1_difference(point)[0]
    f1_drawn = cells.f1_difference(drawn)
    one, two = cells.f1(point)
    macro = f1_drawn.mean(axis=1)
    wrong_now, right_now = first.correct & ~second.correct, ~first.correct & second.correct
    return Comparison(
        rows=cells.rows,
        champion_f1=float(one[0].mean()),
        challenger_f1=float(two[0].mean()),
        macro_f1=percentile_interval(float(f1.mean()), macro),
        better=float((macro > 0).mean() + (macro == 0).mean() / 2),
        accuracy=_accuracy_difference(first.correct, second.correct, rng),
        negative_flips=wilson(int(wrong_now.sum()), cells.rows),
        positive_flips=wilson(int(right_now.sum()), cells.rows),
        classes=tuple(
            Change(
                name=label,
                rows=int((first.gold == c).sum()),
                champion=float(one[0, c]),
                challenger=float(two[0, c]),
                difference=percentile_interval(float(f1[c]), f1_drawn[:, c]),
            )
            for c, label in enumerate(labels)
        ),
        slices=() if groups is None else _slices(first.correct, second.correct, groups, rng),
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Rows grouped by gold class and both predictions.

    Attributes:
        gold: int64[K].
        first: int64[K], C for unscored rows; so is `second`.
        second: int64[K].
        counts: int64[K], rows of each kind.
        classes: C.
    """

    gold: Int64
    first: Int64
    second: Int64
    counts: Int64
    classes: int

    @classmethod
    def count(cls, first: Predictions, second: Predictions, classes: int) -> _Cells:
        width = classes + 1
        one, two = (np.where(each.predicted == UNSCORED, classes, each.predicted) for each in (first, second))
        code, counts = np.unique((first.gold * width + one) * width + two, return_counts=True)
        return cls(code // width**2, code // width % width, code % width, counts.astype(np.int64), classes)

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    def f1(self, counts: Int64) -> tuple[Float64, Float64]:
        """F1 by class, float64[R, C], of both models from int64[R, K] counts."""
        one = cell_scores(counts, self.gold, self.first, self.classes)[2]
        two = cell_scores(counts, self.gold, self.second, self.classes)[2]
        return one, two

    def f1_difference(self, counts: Int64) -> Float64:
        one, two = self.f1(counts)
        return two - one


def _accuracy_difference(first: NDArray[np.bool_], second: NDArray[np.bool_], rng: np.random.Generator) -> Interval:
    """Difference of the accuracies of paired rows, bool[N] each."""
    rows = len(first)
    gained, lost = int((~first & second).sum()), int((first & ~second).sum())
    shares = np.array([gained, lost, rows - gained - lost]) / rows
    drawn = rng.multinomial(rows, shares, size=RESAMPLES)
    return percentile_interval((gained - lost) / rows, (drawn[:, 0] - drawn[:, 1]) / rows)


def _slices(
    first: NDArray[np.bool_], second: NDArray[np.bool_], groups: Sequence[str], rng: np.random.Generator
) -> tuple[Change, ...]:
    if len(groups) != len(first):
        raise InputError(
            f"{len(groups)} groups for {len(first)} rows",
            expected="one group for each row",
            action="take the groups from the same rows as the labels",
        )
    names, of_row, sizes = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True, return_counts=True)
    changes = []
    for place in np.argsort(-sizes, kind="stable"):
        one, two = first[of_row == place], second[of_row == place]
        difference = _accuracy_difference(one, two, rng)
        changes.append(Change(str(names[place]), len(one), float(one.mean()), float(two.mean()), difference))
    return tuple(changes)
