"""What labels bought: networks that learned from ever more of them, measured on the same random rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration_error import bin_of, equal_width_edges
from models.evaluation.classification import cell_scores
from models.evaluation.intervals import RESAMPLES, percentile_interval
from models.evaluation.record import UNSCORED, Interval, json_ready
from monitoring.statistics.learning_curve import Projection, project

Learned = Literal["nothing", "all", "picked", "random"]
"""What a network learned from: the champion from none of the labels, the others from all of them, or from as many
picked as random ones."""
Float64 = NDArray[np.float64]
_PORTION: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class TriedNetwork:
    """A network and its predictions for M of the N test rows.

    Attributes:
        round: Batches that its labels come from, the first so many; 0 for the champion.
        learned: Which of their labels.
        labels: How many.
        repeat: Which of the networks that differ in their draws alone.
        rows: int64[M], places of the test rows.
        predicted: int64[M], class index, `UNSCORED` where scoring failed.
        confidence: float64[M], probability of that class, NaN where scoring failed.
    """

    round: int
    learned: Learned
    labels: int
    repeat: int
    rows: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: Float64


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve: the mean of its repeats.

    Attributes:
        round: As in `TriedNetwork`; so are the next two.
        learned: Which labels.
        labels: How many.
        repeats: Networks.
        rows: Test rows.
        macro_f1: With its interval.
        bought: Macro-F1 above the champion's on the same rows.
        ece: Calibration error of the top probability, 15 bins of equal width.
    """

    round: int
    learned: Learned
    labels: int
    repeats: int
    rows: int
    macro_f1: Interval
    bought: Interval
    ece: float


@dataclass(frozen=True, slots=True)
class Advantage:
    """Picked labels against as many random ones from the same batches.

    Attributes:
        round: Batches so far.
        labels: Labels on each side.
        macro_f1: Picked less random, paired by test rows.
        better: Share of the resamples in which the picked ones do better; ties count half.
    """

    round: int
    labels: int
    macro_f1: Interval
    better: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """What labels bought, and what more of them will probably buy.

    Attributes:
        points: The champion, then by round: all labels, and picked and random ones where both were there.
        advantages: By round.
        projection: Of the curve of all labels.
    """

    points: tuple[Point, ...]
    advantages: tuple[Advantage, ...]
    projection: Projection

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form; NaN as None."""
        return {name: json_ready(value) for name, value in asdict(self).items()}

    def points_of(self, learned: Learned) -> tuple[Point, ...]:
        """The points of one curve."""
        return tuple(point for point in self.points if point.learned == learned)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Macro-F1 of a point, and of R resamples float64[R]."""

    value: float
    drawn: Float64


def measure_learning_curve(
    tried: Sequence[TriedNetwork], gold: NDArray[np.int64], classes: int, more: int, rng: np.random.Generator
) -> LearningCurve:
    """Measure networks on test rows.

    The bootstrap draws test rows, the same ones for all networks, and for each point as many of its repeats as it has:
    what is hard for all cancels out of differences, and what training leaves to chance does not. Networks of a round
    are measured on the rows that all of them have answered, and so is the champion that they are compared with.

    Args:
        tried: The champion and others, in any order.
        gold: int64[N], labels of the test rows.
        classes: C.
        more: Labels whose gain is to be projected.
        rng: Source of the resamples.
    """
    ordered = _on_common_rows(sorted(tried, key=_place))
    champion = ordered[0]
    groups = {key: list(found) for key, found in groupby(ordered, lambda each: _place(each)[:2])}
    beside = [_restricted(champion, found[0].rows) for found in groups.values()]
    f1 = _macro_f1([*ordered, *beside], gold, classes, rng)
    points, scores, start = [], {}, 0
    for number, (key, networks) in enumerate(groups.items(), start=len(ordered)):
        score = scores[key] = _averaged(f1[:, start : start + len(networks)], rng)
        start += len(networks)
        before, first = f1[:, number], networks[0]
        points.append(
            Point(
                *(first.round, first.learned, first.labels, len(networks), len(first.rows)),
                percentile_interval(score.value, score.drawn),
                percentile_interval(score.value - float(before[0]), score.drawn - before[1:]),
                float(np.mean([_calibration_error(each, gold) for each in networks])),
            )
        )
    return LearningCurve(tuple(points), tuple(_advantages(points, scores)), _projected(points, scores, more, rng))


def _on_common_rows(ordered: Sequence[TriedNetwork]) -> list[TriedNetwork]:
    found: list[TriedNetwork] = []
    for _, networks in groupby(ordered, lambda each: each.round):
        together = list(networks)
        common = together[0].rows
        for each in together[1:]:
            common = np.intersect1d(common, each.rows)
        found += [_restricted(each, common) for each in together]
    return found


def _restricted(tried: TriedNetwork, rows: NDArray[np.int64]) -> TriedNetwork:
    kept = np.isin(tried.rows, rows)
    return replace(tried, rows=tried.rows[kept], predicted=tried.predicted[kept], confidence=tried.confidence[kept])


def _place(tried: TriedNetwork) -> tuple[int, int, int]:
    return tried.round, ("nothing", "all", "picked", "random").index(tried.learned), tried.repeat


def _macro_f1(
    networks: Sequence[TriedNetwork], gold: NDArray[np.int64], classes: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """float64[1 + R, T]: macro-F1 of T networks on all rows, then on R resamples of the rows."""
    cells = [_cells(each, gold, classes) for each in networks]
    codes = np.arange(classes * (classes + 1))
    blocks = []
    for weights in _resamples(len(gold), rng):
        counts = ((weights[:, each.rows] @ ones).astype(np.int64) for each, ones in zip(networks, cells, strict=True))
        f1 = [cell_scores(each, codes // (classes + 1), codes % (classes + 1), classes)[2] for each in counts]
        blocks.append(np.stack([each.mean(axis=1) for each in f1], axis=1))
    return np.concatenate(blocks)


def _resamples(rows: int, rng: np.random.Generator) -> Iterable[Float64]:
    """How often each row counts, float64[P, N], in portions: once each, then as `RESAMPLES` draws have it."""
    yield np.ones((1, rows))
    for first in range(0, RESAMPLES, _PORTION):
        count = min(_PORTION, RESAMPLES - first)
        yield rng.multinomial(rows, np.full(rows, 1 / rows), size=count).astype(np.float64)


def _cells(tried: TriedNetwork, gold: NDArray[np.int64], classes: int) -> Float64:
    """Ones float64[M, C (C + 1)] at each row's gold and predicted class, the last one for unscored rows."""
    predicted = np.where(tried.predicted == UNSCORED, classes, tried.predicted)
    codes = gold[tried.rows] * (classes + 1) + predicted
    return np.eye(classes * (classes + 1))[codes]


def _averaged(f1: Float64, rng: np.random.Generator) -> _Scores:
    """The mean of repeats float64[1 + R, P]; each resample draws P of them.

    Draws from P networks vary by (P - 1) / P of what networks do, so they are stretched around the mean of all.
    """
    repeats = f1.shape[1]
    chosen = rng.integers(0, repeats, (len(f1) - 1, repeats))
    middle = f1[1:].mean(axis=1)
    away = np.take_along_axis(f1[1:], chosen, axis=1).mean(axis=1) - middle
    stretch = np.sqrt(repeats / (repeats - 1)) if repeats > 1 else 1.0
    return _Scores(float(f1[0].mean()), middle + stretch * away)


def _advantages(points: Iterable[Point], scores: Mapping[tuple[int, int], _Scores]) -> Iterable[Advantage]:
    for point in points:
        if point.learned == "picked" and (point.round, 3) in scores:
            picked, random = scores[point.round, 2], scores[point.round, 3]
            gap = picked.drawn - random.drawn
            figure = percentile_interval(picked.value - random.value, gap)
            yield Advantage(point.round, point.labels, figure, float((gap > 0).mean() + (gap == 0).mean() / 2))


def _projected(
    points: Iterable[Point], scores: Mapping[tuple[int, int], _Scores], more: int, rng: np.random.Generator
) -> Projection:
    curve = [(point, scores[point.round, 1]) for point in points if point.learned == "all"]
    sizes = np.array([point.labels for point, _ in curve], np.int64)
    values = np.array([score.value for _, score in curve])
    drawn = np.stack([score.drawn for _, score in curve], axis=1) if curve else np.zeros((RESAMPLES, 0))
    found = project(sizes, values, drawn, more, rng, of_one=any(point.repeats == 1 for point, _ in curve))
    # Where later rounds have more test rows, a class that comes in with these looks like something learned.
    alike = len({point.rows for point, _ in curve}) <= 1
    return replace(found, told=found.told and alike)


def _calibration_error(tried: TriedNetwork, gold: NDArray[np.int64]) -> float:
    scored = tried.predicted != UNSCORED
    if not scored.any():
        return float("nan")
    confidence, right = tried.confidence[scored], (tried.predicted == gold[tried.rows])[scored]
    gaps = np.bincount(bin_of(confidence, equal_width_edges()), confidence - right)
    return float(np.abs(gaps).sum()) / len(confidence)
