from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import DateRetired
from storage.lake.journal.retirement import Retirement
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.journal.states import SlotStates
from storage.records import Slot
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT, OLD = slot_of("b2"), slot_of("b1")
A, B = units_of(SLOT, 40, 20), units_of(SLOT, 40, 20, "b.parquet")
PLAN = plan_of(SLOT, A, B)
IDS = {unit.unit_id for unit in PLAN.units}
NOTE = Retirement(datetime(2026, 11, 23, tzinfo=UTC), "too old", 80)


@pytest.fixture
def journal(tmp_path: Path) -> SlotJournal:
    return SlotJournal(tmp_path / "parts", tmp_path / "retired")


def test_nothing_is_known_of_a_new_slot(journal: SlotJournal) -> None:
    assert journal.plan(SLOT) is None
    assert journal.ordered_again(SLOT) == set()
    assert journal.replaced_bundles(SLOT) == ()
    assert not journal.is_forced(SLOT)
    assert not journal.is_retired(SLOT)
    journal.check_not_retired(SLOT)


def test_looking_writes_nothing(tmp_path: Path) -> None:
    states = SlotStates(tmp_path / "parts", tmp_path / "retired")
    states.pending(PLAN, ())
    states.is_settled(PLAN, ())
    states.retired_slots()
    assert list(tmp_path.iterdir()) == []


class TestPending:
    def test_is_what_is_neither_staged_nor_loaded(self, journal: SlotJournal) -> None:
        assert journal.pending(PLAN, ()) == [*PLAN.units]
        stage(journal.parts, *A)
        assert journal.pending(PLAN, ()) == [*B]
        assert journal.pending(PLAN, {B[0].unit_id}) == [B[1]]

    def test_what_is_ordered_again_is_not_done(self, journal: SlotJournal) -> None:
        stage(journal.parts, *A)
        journal.order_again(PLAN)
        assert journal.pending(PLAN, IDS) == [*PLAN.units]

    def test_a_renewed_unit_that_lost_its_part_is_not_done_though_it_is_loaded(self, journal: SlotJournal) -> None:
        journal.order_again(PLAN)
        stage(journal.parts, *PLAN.units)
        for unit in PLAN.units:
            journal.unit_renewed(unit)
        assert journal.pending(PLAN, IDS) == []
        journal.parts.discard(SLOT, [A[0].unit_id])
        assert journal.pending(PLAN, IDS) == [A[0]]


class TestSettled:
    def test_when_the_ledger_is_the_plan(self, journal: SlotJournal) -> None:
        assert not journal.is_settled(PLAN, [])
        assert not journal.is_settled(PLAN, A)
        assert journal.is_settled(PLAN, [*A, *B])

    def test_rows_of_other_files_are_none_of_its_business(self, journal: SlotJournal) -> None:
        assert journal.is_settled(plan_of(SLOT, A), [*A, *B])

    def test_rows_of_another_cut_or_version_are_too_many(self, journal: SlotJournal) -> None:
        assert not journal.is_settled(plan_of(SLOT, A), [*A, *units_of(SLOT, 40, 20, fingerprint="f2")])

    def test_a_renewed_unit_has_older_rows_there(self, journal: SlotJournal) -> None:
        journal.unit_renewed(A[0])
        assert not journal.is_settled(PLAN, PLAN.units)
        assert journal.is_settled(plan_of(SLOT, B), B)

    def test_an_order_to_replace_is_still_to_be_carried_out(self, journal: SlotJournal) -> None:
        journal.order_replace(SLOT, ["b1"])
        assert not journal.is_settled(PLAN, PLAN.units)


def test_either_mark_says_that_the_slot_is_forced(journal: SlotJournal) -> None:
    journal.order_again(plan_of(SLOT, A))
    assert journal.is_forced(SLOT)
    for unit in A:
        journal.unit_renewed(unit)
    assert journal.ordered_again(SLOT) == set()
    assert journal.is_forced(SLOT)


def test_a_retired_slot_is_refused_and_listed(journal: SlotJournal) -> None:
    journal.retire(OLD, NOTE)
    with pytest.raises(DateRetired, match="too old"):
        journal.check_not_retired(OLD)
    journal.check_not_retired(SLOT)
    assert journal.retired_slots() == journal.retired_slots("comment") == [OLD]
    assert journal.retired_slots("weibo") == []


def test_a_removal_was_cut_off_where_something_of_the_slot_is_left(journal: SlotJournal) -> None:
    staged, loaded, gone = OLD, SLOT, slot_of("b3")
    for slot in (staged, loaded, gone):
        journal.retire(slot, NOTE)
    stage(journal.parts, *units_of(staged, 10, 10))

    def is_loaded(slot: Slot) -> bool:
        return slot == loaded

    assert journal.cut_off_removals("comment", is_loaded) == [staged, loaded]
    assert journal.cut_off_removals("comment", lambda _: False) == [staged]
    assert journal.cut_off_removals("weibo", is_loaded) == []
