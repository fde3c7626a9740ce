from __future__ import annotations

import pytest

from monitoring.metrics.registry import CATALOGUE
from storage.profiles.counts import MARKS
from tests.support.measured_nights import counts, only, pair


@pytest.mark.parametrize("mark", MARKS)
def test_each_mark_has_the_share_of_its_own_rows(mark: str) -> None:
    now = counts(rows=100, marks=tuple(range(1, 1 + len(MARKS))))
    before = counts(rows=200, marks=(2,) * len(MARKS))
    measured = only(dict(CATALOGUE.of_counts())[f"{mark}_share"](pair(before, now)))
    assert measured.level == (1 + MARKS.index(mark)) / 100
    assert measured.level_before == 0.01


def test_only_markup_that_is_left_in_has_one_direction() -> None:
    assert {mark: CATALOGUE[f"{mark}_share"].direction for mark in MARKS} == {
        **dict.fromkeys(MARKS, "both"),
        "html": "up",
    }
