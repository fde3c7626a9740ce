"""Figures of counts alone: they cost the same for a hundred rows and for a hundred million."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.findings.catalogue import MARK_SHARES
from monitoring.findings.record import Metric
from monitoring.metrics.input import SampleLimits
from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import Kind, compare_counts
from monitoring.statistics.measured import Estimate, unknown
from monitoring.statistics.rates import Sums, compare_means, compare_shares
from storage.profiles.counts import MARKS, UNIT, Counts
from storage.profiles.profile import Profile
from storage.records import STATUSES

Integers = NDArray[np.int64]

_NIGHTS: Final = 7
"""Nights that the volume is compared with, at least."""
_STEADY: Final = 0.02
"""Relative spread of the volume that even the steadiest source is granted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Counts of the reference and of tonight, over the same kind of rows; `rows` names the slice."""

    before: Counts
    now: Counts
    labels: tuple[str, ...]
    rows: str = ""

    def share(self, name: str, hits_before: int, of_before: int, hits_now: int, of_now: int, item: str = "") -> Metric:
        """Compare a share; duplicated rows are not independent, so they count for less."""
        measured = compare_shares(hits_before, of_before, hits_now, of_now, design_effect=self.repetition)
        return Metric(name, self.rows, item, measured, _ratio(hits_now, of_now), _ratio(hits_before, of_before))

    @property
    def repetition(self) -> float:
        """Rows for each distinct text, on the side that repeats itself more: how much less a row says."""
        return max(_repetition(self.before), _repetition(self.now))

    def divergence(self, name: str, before: Integers, now: Integers, kind: Kind, rng: np.random.Generator) -> Metric:
        """Compare counts of rows by class or bin."""
        design = DesignEffect(mean=self.repetition)
        return Metric(name, self.rows, "", compare_counts(before, now, kind, rng, design))

    def row_share(self, name: str, hits_before: int, hits_now: int) -> Metric:
        """Compare a share of all rows that is about the rows themselves: repeats count in full."""
        before, now = self.before.rows, self.now.rows
        measured = compare_shares(hits_before, before, hits_now, now)
        return Metric(name, self.rows, "", measured, _ratio(hits_now, now), _ratio(hits_before, before))

    def mean(self, name: str, before: Sums, now: Sums) -> Metric:
        """Compare a mean."""
        levels = [each.mean if each.rows else math.nan for each in (now, before)]
        thinned = (_thinned(each, self.repetition) for each in (before, now))
        return Metric(name, self.rows, "", compare_means(*thinned), *levels)


def volume(rows: int, past: Sequence[int]) -> Metric:
    """Compare the night's rows with those of the nights before.

    `value` is the rows over their median, `effect` its logarithm, so .69 is twice as many. The band holds 95 of
    100 nights if the logarithms are normal (prediction interval by Student's t); `n` is the number of nights.
    """
    if len(past) < _NIGHTS:
        reason = f"{len(past)} earlier nights; expected {_NIGHTS}"
        return Metric("rows", "", "", unknown(reason, len(past), rows), float(rows))
    from scipy import stats

    logs = np.log(np.asarray(past, np.float64) + 0.5)
    middle = float(np.median(logs))
    spread = max(float(logs.std(ddof=1)), _STEADY) * math.sqrt(1 + 1 / len(logs))
    effect = math.log(rows + 0.5) - middle
    half = float(stats.t.ppf(0.975, len(logs) - 1)) * spread
    measured = Estimate(
        value=math.exp(effect),
        effect=effect,
        p_value=float(2 * stats.t.sf(abs(effect) / spread, len(logs) - 1)),
        null_low=math.exp(-half),
        null_high=math.exp(half),
        n=len(logs),
        m=rows,
    )
    return Metric("rows", "", "", measured, float(rows), float(np.median(past)))


def count_metrics(pair: Pair, rng: np.random.Generator, limits: SampleLimits) -> Iterator[Metric]:
    """Everything that counts can tell of one set of rows."""
    yield from _texts(pair, rng)
    yield from _predictions(pair, rng)
    yield from _confidences(pair, rng, limits)


def slice_metrics(before: Profile, now: Profile, rng: np.random.Generator, limits: SampleLimits) -> Iterator[Metric]:
    """The same by slice: each value's share of the rows, and what its rows are like where there are enough."""
    for column in sorted(before.slices.keys() & now.slices.keys()):
        then, tonight = before.slices[column], now.slices[column]
        if then is None or tonight is None:
            continue
        sizes = {
            value: sum(side[value].rows for side in (then, tonight) if value in side) for value in {*then, *tonight}
        }
        for value in sorted(sizes, key=lambda value: (-sizes[value], value))[: limits.slice_values]:
            name = f"{column}={value}"
            rows = [side[value].rows if value in side else 0 for side in (then, tonight)]
            whole = Pair(before.total, now.total, now.labels, name)
            yield whole.row_share("slice_share", rows[0], rows[1])
            if min(rows) >= limits.min_rows:
                yield from count_metrics(Pair(then[value], tonight[value], now.labels, name), rng, limits)


def _texts(pair: Pair, rng: np.random.Generator) -> Iterator[Metric]:
    before, now = pair.before, pair.now
    for status in ("failed", "empty", "short"):
        place = STATUSES.index(status)
        yield pair.row_share(f"{status}_share", before.statuses[place], now.statuses[place])
    yield pair.row_share("invalid_utf8_share", before.invalid_utf8, now.invalid_utf8)
    (repeats_before, texts_before), (repeats, texts) = _repeats(before), _repeats(now)
    yield pair.share("duplicate_share", repeats_before, texts_before, repeats, texts)
    yield pair.row_share("truncated_share", before.truncated, now.truncated)
    for mark, then, tonight in zip(MARKS, before.marks, now.marks, strict=True):
        yield pair.share(MARK_SHARES[mark], then, before.rows, tonight, now.rows)
    lengths = [Sums(each.rows, each.n_tokens, each.n_tokens_squared) for each in (before, now)]
    yield pair.mean("mean_tokens", *lengths)
    yield pair.divergence("length_psi", *_arrays(before.lengths, now.lengths), "psi", rng)


def _predictions(pair: Pair, rng: np.random.Generator) -> Iterator[Metric]:
    before, now = pair.before, pair.now
    classes = _arrays(before.class_counts, now.class_counts)
    yield pair.divergence("class_psi", *classes, "psi", rng)
    yield pair.divergence("class_js", *classes, "js", rng)
    for label, then, tonight in zip(pair.labels, before.class_counts, now.class_counts, strict=True):
        yield pair.share("class_share", then, before.labelled, tonight, now.labelled, label)


def _confidences(pair: Pair, rng: np.random.Generator, limits: SampleLimits) -> Iterator[Metric]:
    before, now = pair.before, pair.now
    was, is_now = (np.asarray(each.confidences, np.int64).sum(axis=0) for each in (before, now))
    yield pair.divergence("confidence_psi", was, is_now, "psi", rng)
    confidence = [Sums(c.labelled, c.confidence * UNIT, c.confidence_squared * UNIT) for c in (before, now)]
    entropy = [Sums(c.labelled, c.entropy * UNIT, c.entropy_squared * UNIT) for c in (before, now)]
    yield pair.mean("mean_confidence", *confidence)
    sure = limits.unsure_bin(len(pair.labels))
    unsure = int(was[:sure].sum()), int(is_now[:sure].sum())
    yield pair.share("unsure_share", unsure[0], before.labelled, unsure[1], now.labelled)
    yield pair.mean("mean_entropy", *entropy)


def _arrays(before: tuple[int, ...], now: tuple[int, ...]) -> tuple[Integers, Integers]:
    return np.asarray(before, np.int64), np.asarray(now, np.int64)


def _thinned(sums: Sums, repetition: float) -> Sums:
    """Sums of as many rows as say something of their own."""
    return Sums(round(sums.rows / repetition), sums.total / repetition, sums.squares / repetition)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _repeats(counts: Counts) -> tuple[int, int]:
    """Rows that repeat another one's text, and rows that have one: empty rows are told of by a share of their own."""
    empties = counts.statuses[STATUSES.index("empty")]
    return max(0, counts.duplicates - max(0, empties - 1)), counts.rows - empties


def _repetition(counts: Counts) -> float:
    """Rows for each distinct text, empty ones apart: the variance of a share grows by about as much."""
    repeats, rows = _repeats(counts)
    return rows / max(1, rows - repeats) if rows else 1.0
