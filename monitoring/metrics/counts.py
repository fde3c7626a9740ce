"""Counts of the reference and of tonight: what they cost does not grow with the number of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.night import Measurement, Night
from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import Kind, compare_counts
from monitoring.statistics.rates import Sums, compare_means, compare_shares
from storage.profiles.counts import Counts
from storage.profiles.profile import empty
from storage.records import STATUSES

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Counts of the reference and of tonight, over the same kind of rows.

    Attributes:
        before: Of the reference; all zero without one.
        now: Of tonight.
        labels: The classes.
        night: The night that they are of.
        shared_rng: Randomness that the first divergences draw from one after the other, in the order of the
            catalogue; a new metric takes its own, `rng`, so that the others keep their numbers.
        rows: Name of the slice, `column=value`; empty for all rows.
    """

    before: Counts
    now: Counts
    labels: tuple[str, ...]
    night: Night
    shared_rng: np.random.Generator
    rows: str = ""

    def rng(self, name: str) -> np.random.Generator:
        """Randomness for one metric of these rows alone."""
        return self.night.inputs.rng(f"{name}\x1f{self.rows}")

    def share(self, hits_before: int, of_before: int, hits_now: int, of_now: int, item: str = "") -> Measurement:
        """Compare a share; duplicated rows are not independent, so they count for less."""
        estimate = compare_shares(hits_before, of_before, hits_now, of_now, design_effect=self.repetition)
        return Measurement(estimate, ratio(hits_now, of_now), ratio(hits_before, of_before), item)

    def row_share(self, hits_before: int, hits_now: int) -> Measurement:
        """Compare a share of all rows that is about the rows themselves: repeats count in full."""
        before, now = self.before.rows, self.now.rows
        estimate = compare_shares(hits_before, before, hits_now, now)
        return Measurement(estimate, ratio(hits_now, now), ratio(hits_before, before))

    def mean(self, before: Sums, now: Sums) -> Measurement:
        """Compare a mean."""
        level, level_before = (each.mean if each.rows else math.nan for each in (now, before))
        thinned = (_thinned(each, self.repetition) for each in (before, now))
        return Measurement(compare_means(*thinned), level, level_before)

    def divergence(self, before: Integers, now: Integers, kind: Kind, rng: np.random.Generator) -> Measurement:
        """Compare int[B] counts of rows by class or bin."""
        return Measurement(compare_counts(before, now, kind, rng, DesignEffect(mean=self.repetition)))

    @property
    def repetition(self) -> float:
        """Rows for each distinct text, on the side that repeats itself more: how much less a row says."""
        return max(_repetition(self.before), _repetition(self.now))


CountMetric = Callable[[Pair], Iterable[Measurement]]
"""How a metric is computed of a set of rows."""


@dataclass(frozen=True, slots=True)
class SliceCounts:
    """Counts of the rows of one value of a slice column.

    Attributes:
        name: `column=value`.
        before: Of the reference; None where it has no such row.
        now: Of tonight.
    """

    name: str
    before: Counts | None
    now: Counts | None

    @property
    def rows(self) -> tuple[int, int]:
        """Rows of the reference and of tonight."""
        return (self.before.rows if self.before else 0), (self.now.rows if self.now else 0)


def all_rows(night: Night) -> Pair:
    """The counts of all rows; without a reference its side has none."""
    now, baseline = night.inputs.profile, night.inputs.baseline
    before = baseline.profile if baseline else empty(now.labels)
    return Pair(before.total, now.total, now.labels, night, night.inputs.rng("counted"))


def slice_counts(night: Night) -> Iterator[SliceCounts]:
    """The values of each slice column, those with the most rows first."""
    if night.inputs.baseline is None:
        return
    before, now = night.inputs.baseline.profile.slices, night.inputs.profile.slices
    for column in sorted(before.keys() & now.keys()):
        then, tonight = before[column], now[column]
        if then is None or tonight is None:
            continue
        found = [SliceCounts(f"{column}={value}", then.get(value), tonight.get(value)) for value in {*then, *tonight}]
        yield from sorted(found, key=lambda each: (-sum(each.rows), each.name))[: night.limits.slice_values]


def large_slices(night: Night) -> Iterator[Pair]:
    """The slices that have enough rows on both sides to be compared."""
    labels, rng = night.inputs.profile.labels, night.inputs.rng("slices")
    for each in slice_counts(night):
        if each.before and each.now and min(each.rows) >= night.limits.min_rows:
            yield Pair(each.before, each.now, labels, night, rng, each.name)


def as_integers(before: tuple[int, ...], now: tuple[int, ...]) -> tuple[Integers, Integers]:
    """Both sides as int64[B]."""
    return np.asarray(before, np.int64), np.asarray(now, np.int64)


def ratio(part: int, whole: int) -> float:
    """Share of a whole, NaN of nothing."""
    return part / whole if whole else math.nan


def repeated_rows(counts: Counts) -> tuple[int, int]:
    """Rows that repeat another one's text, and rows that have a text: empty rows have a share of their own."""
    empties = counts.statuses[STATUSES.index("empty")]
    return max(0, counts.duplicates - max(0, empties - 1)), counts.rows - empties


def _repetition(counts: Counts) -> float:
    """Rows for each distinct text, empty ones apart: the variance of a share grows by about as much."""
    repeats, rows = repeated_rows(counts)
    return rows / max(1, rows - repeats) if rows else 1.0


def _thinned(sums: Sums, repetition: float) -> Sums:
    """Sums of as many rows as say something of their own."""
    return Sums(round(sums.rows / repetition), sums.total / repetition, sums.squares / repetition)
