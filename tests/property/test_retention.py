"""The rule of retention: what is protected never goes, and no more goes than has to."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.housekeeping.choosing import Bound, Item, choose
from storage.records import Slot

TODAY = date(2026, 6, 30)


@st.composite
def items_of_a_kind(draw: st.DrawFn) -> list[Item]:
    found = draw(
        st.lists(
            st.tuples(st.integers(-2, 60), st.integers(0, 100), st.sampled_from(["", "", "somebody needs it"])),
            max_size=20,
        )
    )
    return [
        Item("parts", "comment", Slot("comment", TODAY - timedelta(days=age), f"b{place}"), *_rest(age, size, why))
        for place, (age, size, why) in enumerate(found)
    ]


def _rest(age: int, size: int, why: str) -> tuple[date, int, str]:
    return TODAY - timedelta(days=age), size, why


bounds = st.builds(Bound, st.none() | st.integers(1, 50), st.none() | st.integers(0, 1_000))


@given(items_of_a_kind(), bounds)
def test_what_is_protected_never_goes(items: list[Item], bound: Bound) -> None:
    chosen = choose(items, bound, TODAY)
    assert all(not choice.item.protected for choice in chosen.go)
    assert all(choice.item.protected == choice.why for choice in chosen.stay)
    assert {choice.item for choice in chosen.go} <= set(items)
    assert len({choice.item for choice in chosen.go}) == len(chosen.go)


@given(items_of_a_kind(), bounds)
def test_what_is_left_keeps_to_the_bound_but_for_what_is_protected(items: list[Item], bound: Bound) -> None:
    gone = {choice.item for choice in choose(items, bound, TODAY).go}
    left = [item for item in items if item not in gone]
    free = [item for item in left if not item.protected]
    if bound.days is not None:
        assert all((TODAY - item.day).days <= bound.days for item in free)
    if bound.size is not None:
        assert sum(item.size for item in left) <= bound.size or not free


@given(items_of_a_kind(), bounds)
def test_no_more_goes_than_has_to(items: list[Item], bound: Bound) -> None:
    """The newest of what went for its size was one too many; nothing goes where there is no bound."""
    chosen = choose(items, bound, TODAY)
    by_size = [choice.item for choice in chosen.go if "together" in choice.why]
    gone = {choice.item for choice in chosen.go}
    if bound == Bound():
        assert not gone
    if by_size:
        left = sum(item.size for item in items if item not in gone)
        assert bound.size is not None
        assert left + by_size[-1].size > bound.size
        assert all(item.day >= by_size[-1].day for item in items if item not in gone and not item.protected)


@given(items_of_a_kind(), bounds, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_listed_decides_nothing(items: list[Item], bound: Bound, random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(items, bound, TODAY) == choose(shuffled, bound, TODAY)
