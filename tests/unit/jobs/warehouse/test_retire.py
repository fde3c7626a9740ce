from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.warehouse.retire import bring_back, finish, retire, unfinished
from storage.errors import WarehouseLocked
from storage.lake.journal.slot_journal import SlotJournal
from tests.support.lake import Lake
from tests.support.retention_home import ROWS, home_of, night, rows_by_slot, slot_of_age
from tests.support.warehouse_holder import held_open

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
OLD, YOUNG = slot_of_age(50), slot_of_age(5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    config = home_of(tmp_path).config
    section = config.warehouse.model_copy(update={"patience_s": 0.1})
    for slot in (OLD, YOUNG):
        night(tmp_path, slot)
    return Home(tmp_path, config.model_copy(update={"warehouse": section}))


@pytest.fixture
def journal(home: Home) -> SlotJournal:
    return home.journal


def test_rows_parts_and_plan_go_and_the_note_stays(home: Home, journal: SlotJournal) -> None:
    retire(home, OLD, "too old", ROWS, NOW)
    assert rows_by_slot(home.root) == {YOUNG: ROWS}
    assert journal.parts.slots() == [YOUNG]
    assert journal.retired_slots() == [OLD]
    for table in ("units", "profiles"):
        assert Lake(home.root).query(f"SELECT DISTINCT logical_date FROM {table}") == [(YOUNG.logical_date,)]


def test_a_locked_warehouse_leaves_a_removal_that_the_next_one_ends(home: Home, journal: SlotJournal) -> None:
    with held_open(home.warehouse), pytest.raises(WarehouseLocked):
        retire(home, OLD, "too old", ROWS, NOW)
    assert rows_by_slot(home.root) == {OLD: ROWS, YOUNG: ROWS}
    assert journal.is_retired(OLD)
    assert unfinished(home, "comment") == [OLD]
    finish(home, OLD)
    assert unfinished(home, "comment") == []
    assert rows_by_slot(home.root) == {YOUNG: ROWS}


def test_a_removal_is_unfinished_while_rows_or_parts_are_left(home: Home, journal: SlotJournal) -> None:
    retire(home, OLD, "too old", ROWS, NOW)
    assert unfinished(home, "comment") == []
    assert unfinished(home, "weibo") == []
    journal.parts.files(night(home.root, OLD, loaded=False)[0])
    assert unfinished(home, "comment") == [OLD]
    home.warehouse.unlink()
    assert unfinished(home, "comment") == [OLD]


def test_brought_back_a_slot_is_as_if_it_had_never_been(home: Home, journal: SlotJournal) -> None:
    with held_open(home.warehouse), pytest.raises(WarehouseLocked):
        retire(home, OLD, "too old", ROWS, NOW)
    bring_back(home, OLD)
    assert rows_by_slot(home.root) == {YOUNG: ROWS}
    assert not journal.is_retired(OLD)
    journal.check_not_retired(OLD)
    bring_back(home, YOUNG)
    assert rows_by_slot(home.root) == {YOUNG: ROWS}, "what was not retired stays"
