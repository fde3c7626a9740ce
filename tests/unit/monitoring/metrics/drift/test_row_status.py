from __future__ import annotations

import pytest

from monitoring.metrics.drift.row_status import invalid_utf8_share, truncated_share
from monitoring.metrics.registry import CATALOGUE
from storage.records import STATUSES
from tests.support.measured_nights import counts, only, pair


@pytest.mark.parametrize("status", ["failed", "empty", "short"])
def test_the_share_is_of_the_rows_of_that_status(status: str) -> None:
    of = STATUSES.index(status)
    before, now = (
        counts(rows=1_000, statuses=tuple(hits if place == of else 1_000 - hits for place in range(4)))
        for hits in (10, 90)
    )
    measured = only(dict(CATALOGUE.of_counts())[f"{status}_share"](pair(before, now)))
    assert (measured.level, measured.level_before) == (0.09, 0.01)
    assert measured.estimate.value == pytest.approx(0.08)
    assert measured.estimate.effect > CATALOGUE[f"{status}_share"].threshold


def test_undecodable_and_truncated_rows_are_counted_apart() -> None:
    sides = counts(rows=100, invalid_utf8=1, truncated=4), counts(rows=100, invalid_utf8=2, truncated=8)
    assert only(invalid_utf8_share(pair(*sides))).level == 0.02
    assert only(truncated_share(pair(*sides))).level == 0.08
