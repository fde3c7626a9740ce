from __future__ import annotations

import pytest

from monitoring.metrics.drift.length import length_psi, mean_tokens
from storage.profiles.counts import LENGTH_EDGES
from tests.support.measured_nights import counts, only, pair


def test_the_mean_is_of_all_rows() -> None:
    before = counts(rows=200, n_tokens=2_000, n_tokens_squared=20_800)  # mean 10, variance 4
    now = counts(rows=200, n_tokens=2_200, n_tokens_squared=25_000)  # mean 11, variance 4
    measured = only(mean_tokens(pair(before, now)))
    assert (measured.level, measured.level_before) == (11.0, 10.0)
    assert measured.estimate.value == 1.0
    assert measured.estimate.effect == pytest.approx(0.5, rel=0.01)  # Cohen's d


def test_the_distribution_moves_when_the_mean_does_not() -> None:
    bins = len(LENGTH_EDGES)
    middle, ends = [0] * bins, [0] * bins
    middle[4], ends[3], ends[5] = 1_000, 500, 500
    same = only(length_psi(pair(counts(lengths=tuple(ends)), counts(lengths=tuple(ends)))))
    moved = only(length_psi(pair(counts(lengths=tuple(middle)), counts(lengths=tuple(ends)))))
    assert abs(same.estimate.effect) < 0.02
    assert moved.estimate.effect > 1
