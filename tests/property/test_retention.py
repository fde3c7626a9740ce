"""The rule of retention: what is protected never goes, and no more goes than has to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from jobs.config.home import Home
from jobs.runs.context import quiet_context
from jobs.tidy.choosing import Bound, Item, choose
from jobs.tidy.tidy import TidyRequest, tidy
from jobs.warehouse.load import LoadRequest, load_staged
from storage.lake.journal.marks import Marks
from storage.profiles.references import DatesOrigin, Reference
from storage.records import Slot
from tests.support.predictions import part_profile, part_table, units_of
from tests.support.retention_home import ROWS, TODAY, home_of, night, rows_by_slot, slot_of_age
from tests.support.sample_batches import head_of, items_of
from tests.support.test_effort import examples

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


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


@st.composite
def nights(draw: st.DrawFn) -> dict[int, str]:
    """Nights by age in days, and what is special about each; at most one is frozen, as the current reference is."""
    kinds = st.sampled_from(["", "", "unloaded", "marked", "ordered", "frozen", "asked", "no plan"])
    found = draw(st.dictionaries(st.integers(1, 40), kinds, min_size=1, max_size=5))
    *others, _ = [age for age, what in found.items() if what == "frozen"] or [None]
    return {age: "" if age in others else what for age, what in found.items()}


@examples(5, 100)
@given(nights(), st.none() | st.integers(1, 30), st.none() | st.integers(1, 30), st.none() | st.integers(0, 200_000))
def test_tidying_a_home_loses_nothing_that_is_needed(
    special: dict[int, str], predictions: int | None, parts: int | None, size: int | None
) -> None:
    bounds = {
        "predictions": {"days": predictions},
        "parts": {"days": parts, "gb": size / 1e9 if size else None},
    }
    given_bounds = {kind: {name: each for name, each in bound.items() if each} for kind, bound in bounds.items()}
    with TemporaryDirectory() as folder:
        root = Path(folder)
        home = home_of(root, **given_bounds)
        for age, what in special.items():
            _make(home, slot_of_age(age), what)
        before = {age: _left(home, slot_of_age(age)) for age in special}
        report = tidy(home, TidyRequest(), quiet_context(lambda: NOW))
        assert report.failures == []
        for age, what in special.items():
            slot = slot_of_age(age)
            rows, staged = _left(home, slot)
            if what:
                assert (rows, staged) == before[age]
            else:
                assert rows == (0 if predictions and age > predictions else ROWS)
                assert not staged or not (parts and age > parts)
        load_staged(home, LoadRequest(), quiet_context())
        rows_now = rows_by_slot(root) if home.warehouse.exists() else {}
        assert all(rows_now.get(slot_of_age(age), 0) in (0, ROWS) for age in special)
        assert all(slot not in rows_now for slot in home.journal.retired_slots())


def _make(home: Home, slot: Slot, what: str) -> None:
    night(home.root, slot, loaded=what != "unloaded")
    if what == "marked":
        Marks(home.parts).add(slot, "again", ["u"])
    elif what == "ordered":
        home.journal.order_replace(slot, ["b0"])
    elif what == "frozen":
        profile = part_profile(part_table(units_of(slot, 300, 300)[0]))
        origin = DatesOrigin("comment", slot.bundle, slot.logical_date, slot.logical_date, 1, 300)
        home.reference_store.freeze("comment", Reference(profile, None, origin))
    elif what == "asked":
        head = head_of(f"batch-{slot.logical_date}", first_date=slot.logical_date, last_date=slot.logical_date)
        home.batch_store.write(head, items_of(head))
    elif what == "no plan":
        next((home.parts).rglob(f"logical_date={slot.logical_date}/*/_plan.json")).unlink()


def _left(home: Home, slot: Slot) -> tuple[int, frozenset[str]]:
    rows = rows_by_slot(home.root).get(slot, 0) if home.warehouse.exists() else 0
    return rows, frozenset(home.part_store.staged_units(slot))
