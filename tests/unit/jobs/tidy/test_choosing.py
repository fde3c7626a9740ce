"""Examples of the rule; its properties are in tests/property/test_retention.py."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.tidy.choosing import KINDS, Bound, Item, Verdict, choose
from storage.records import Slot

TODAY = date(2026, 11, 23)


def item(age: int, size: int = 10, protected: str = "") -> Item:
    day = TODAY - timedelta(days=age)
    return Item("parts", "comment", Slot("comment", day, "b1"), day, size, protected)


def test_what_is_older_than_the_bound_goes_and_the_oldest_first() -> None:
    items = [item(3), item(31), item(30), item(90)]
    chosen = choose(items, Bound(days=30), TODAY)
    assert [verdict.item for verdict in chosen.go] == [items[3], items[1]]
    assert chosen.go[0].why == "90 days old, kept are 30"
    assert chosen.stay == ()


def test_of_the_rest_the_oldest_go_until_it_is_small_enough() -> None:
    items = [item(age, 4) for age in (1, 2, 3, 4)]
    chosen = choose(items, Bound(days=3, size=8), TODAY)
    assert [verdict.item for verdict in chosen.go] == [items[3], items[2]]
    assert chosen.go[1].why == "together they have more than 8e-09 GB"


def test_what_is_protected_stays_and_counts_for_the_size() -> None:
    kept, young = item(50, 9, "the frozen reference is of this date"), item(1, 2)
    chosen = choose([kept, young], Bound(size=10), TODAY)
    assert chosen.stay == (Verdict(kept, kept.protected),)
    assert [verdict.item for verdict in chosen.go] == [young]


@pytest.mark.parametrize("bound", [Bound(), Bound(days=90), Bound(size=1_000)])
def test_within_the_bounds_nothing_goes(bound: Bound) -> None:
    assert choose([item(90), item(1)], bound, TODAY).go == ()


def test_what_goes_with_predictions_comes_after_them() -> None:
    assert KINDS.index("predictions") < KINDS.index("parts")
