from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring.metrics.counts import all_rows, large_slices, ratio, repeated_rows, slice_counts
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.night import Night
from storage.records import STATUSES
from tests.support.measured_nights import counts, inputs, night, pair


def test_without_a_reference_its_side_is_empty() -> None:
    whole = all_rows(night(baseline=None))
    assert (whole.before.rows, whole.now.rows) == (0, 2_000)
    assert whole.row_share(0, 20).level == 0.01
    assert not whole.row_share(0, 20).estimate.known


def test_slices_come_with_the_most_rows_first_and_only_so_many() -> None:
    rows = [sum(each.rows) for each in slice_counts(night())]
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == 3
    few = Night(inputs(), SampleLimits(slice_values=1))
    assert [each.name for each in slice_counts(few)] == ["source=app"]


def test_small_slices_are_not_compared() -> None:
    sizes = {each.name: min(each.rows) for each in slice_counts(night())}
    least = max(sizes.values())
    large = list(large_slices(Night(inputs(), SampleLimits(min_rows=least))))
    assert [each.rows for each in large] == [name for name, size in sizes.items() if size == least]


def test_a_slice_column_with_too_many_values_is_left_out() -> None:
    profile = inputs().profile
    crowded = night(profile=replace(profile, slices=dict.fromkeys(profile.slices)))
    assert list(slice_counts(crowded)) == []


def test_repeats_are_of_rows_with_a_text() -> None:
    statuses = tuple({"empty": 3, "scored": 7}.get(status, 0) for status in STATUSES)
    assert repeated_rows(counts(rows=10, statuses=statuses, duplicates=4)) == (2, 7)
    twice = counts(rows=10, duplicates=5)
    assert pair(twice, counts(rows=10)).repetition == 2.0
    assert ratio(1, 4) == 0.25
    assert ratio(0, 0) != ratio(0, 0)


def test_each_metric_and_slice_has_its_own_randomness() -> None:
    one, same, of_slice = (pair(counts(), counts(), rows).rng("x").random() for rows in ("", "", "a=b"))
    assert one == same != of_slice
    assert pair(counts(), counts()).rng("y").random() != pytest.approx(one)
