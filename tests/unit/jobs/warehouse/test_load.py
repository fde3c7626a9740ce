from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.runs.context import quiet_context
from jobs.runs.locks import task_lock
from jobs.warehouse.load import LoadRequest, load_staged, units_in_warehouse, unsettled
from storage.errors import ConfigError, RunLocked, WarehouseLocked
from storage.files.slot_folders import slot_folder
from storage.lake.journal.retirement import Retirement
from storage.lake.plan import Plan
from storage.records import Slot
from tests.support.lake import Lake
from tests.support.predictions import stage, units_of
from tests.support.retention_home import ROWS, home_of, night, rows_by_slot, slot_of_age
from tests.support.warehouse_holder import held_open

FIRST, SECOND = slot_of_age(2), slot_of_age(1)
OLD, NEW = slot_of_age(3, "old"), slot_of_age(3, "new")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    config = home_of(tmp_path).config
    section = config.warehouse.model_copy(update={"patience_s": 0.1})
    return Home(tmp_path, config.model_copy(update={"warehouse": section}))


@pytest.fixture
def lake(home: Home) -> Lake:
    return Lake(home.root)


def load(home: Home, task: str | None = None) -> dict[Slot, int | None]:
    done = load_staged(home, LoadRequest(task), quiet_context()).slots
    return {each.slot: each.report.rows if each.report else None for each in done}


def test_all_slots_are_loaded_once(home: Home) -> None:
    for slot in (FIRST, SECOND):
        night(home.root, slot, loaded=False)
    assert load(home) == {FIRST: ROWS, SECOND: ROWS}
    assert load(home) == {}
    assert rows_by_slot(home.root) == {FIRST: ROWS, SECOND: ROWS}


def test_units_in_the_warehouse(home: Home) -> None:
    assert units_in_warehouse(home, FIRST) == set()
    units = night(home.root, FIRST)
    assert units_in_warehouse(home, FIRST) == {unit.unit_id for unit in units}
    with held_open(home.warehouse), pytest.raises(WarehouseLocked):
        units_in_warehouse(home, FIRST)


def test_a_retired_slot_is_passed_over(home: Home, lake: Lake) -> None:
    night(home.root, FIRST, loaded=False)
    lake.journal.retire(FIRST, Retirement(datetime(2026, 11, 23, tzinfo=UTC), "too old", ROWS))
    assert load(home) == {}
    assert not home.warehouse.exists()


def test_only_plans_that_are_not_in_as_planned_are_unsettled(home: Home, lake: Lake) -> None:
    done, missing = night(home.root, FIRST), night(home.root, SECOND, loaded=False)
    plans = [Plan(units[0].slot, {"a.parquet": units}) for units in (done, missing)]
    assert unsettled(home, lake.journal, plans) == plans[1:]


def test_a_locked_warehouse_stops_it_and_loses_nothing(home: Home) -> None:
    night(home.root, FIRST)
    night(home.root, SECOND, loaded=False)
    with held_open(home.warehouse), pytest.raises(WarehouseLocked):
        load(home)
    assert load(home) == {SECOND: ROWS}


def test_a_damaged_part_is_discarded_and_named(home: Home, lake: Lake) -> None:
    bad, good = night(home.root, FIRST, loaded=False)
    lake.store.path(bad).write_bytes(b"PAR1")
    (done,) = load_staged(home, LoadRequest(), quiet_context()).slots
    assert done.report is not None
    assert done.report.rows == good.rows
    assert "scores just its rows again" in done.failures[0]
    assert lake.store.staged_units(FIRST) == {good.unit_id}
    assert lake.journal.pending(Plan(FIRST, {"a.parquet": (bad, good)}), {good.unit_id}) == [bad]


def test_planned_rows_that_are_not_staged_are_named(home: Home, lake: Lake) -> None:
    units = units_of(FIRST, 40, 20)
    stage(lake.store, units[0])
    lake.adopt(Plan(FIRST, {"a.parquet": units}))
    (done,) = load_staged(home, LoadRequest(), quiet_context()).slots
    assert "20 planned rows of comment" in done.failures[0]


def test_a_plan_that_is_lost_or_damaged_stops_no_other(home: Home) -> None:
    for slot in (FIRST, SECOND, OLD):
        night(home.root, slot, loaded=False)
    (slot_folder(home.parts, FIRST) / "_plan.json").unlink()
    (slot_folder(home.parts, SECOND) / "_plan.json").write_text("{")
    done = {each.slot: each for each in load_staged(home, LoadRequest(), quiet_context()).slots}
    assert "there is no plan of them" in done[FIRST].failures[0]
    assert "is not a plan" in done[SECOND].failures[0]
    assert rows_by_slot(home.root) == {OLD: ROWS}


def test_renewed_units_take_the_place_of_their_own_rows(home: Home, lake: Lake) -> None:
    units = night(home.root, FIRST)
    lake.journal.unit_renewed(units[0])
    assert load(home) == {FIRST: units[0].rows}
    assert rows_by_slot(home.root) == {FIRST: ROWS}
    assert not lake.journal.is_forced(FIRST)


def test_a_new_bundle_takes_the_place_of_an_old_one(home: Home, lake: Lake) -> None:
    night(home.root, OLD)
    lake.journal.order_replace(NEW, {"old"})
    night(home.root, NEW, loaded=False)
    assert load(home) == {NEW: ROWS}
    assert rows_by_slot(home.root) == {NEW: ROWS}
    assert lake.store.slots() == [NEW]
    assert lake.journal.replaced_bundles(NEW) == ()


def test_a_task_that_a_run_has_loads_its_own(home: Home) -> None:
    night(home.root, FIRST, loaded=False)
    with task_lock(home.locks, "comment"):
        (busy,) = load_staged(home, LoadRequest(), quiet_context()).slots
        assert busy.busy
        with pytest.raises(RunLocked):
            load_staged(home, LoadRequest("comment"), quiet_context())
    assert busy.as_dict()["loaded_rows"] is None


def test_an_unknown_task_is_a_mistake(home: Home) -> None:
    with pytest.raises(ConfigError, match="did you mean 'comment'"):
        load_staged(home, LoadRequest("coment"), quiet_context())
