from __future__ import annotations

import pytest

from monitoring.metrics.drift.duplicates import duplicate_share
from storage.records import STATUSES
from tests.support.measured_nights import counts, only, pair


def test_empty_rows_are_no_duplicates_of_each_other() -> None:
    statuses = tuple(40 if status == "empty" else 60 if status == "scored" else 0 for status in STATUSES)
    now = counts(rows=100, statuses=statuses, duplicates=39 + 15)
    before = counts(rows=100, statuses=statuses, duplicates=39)
    measured = only(duplicate_share(pair(before, now)))
    assert measured.level == pytest.approx(15 / 60)
    assert measured.level_before == 0.0


def test_repeated_rows_count_for_less() -> None:
    repeated = counts(rows=1_000, duplicates=500)
    estimate = only(duplicate_share(pair(repeated, repeated))).estimate
    assert estimate.n == pytest.approx(500)
    assert estimate.value == 0.0
