from __future__ import annotations

from pathlib import Path

from jobs.config.home import Home
from jobs.scoring.totals import add_up
from storage.lake.plan import Plan
from tests.support.lake import Lake
from tests.support.retention_home import ROWS, home_of, night, slot_of_age
from tests.support.warehouse_holder import held_open

SLOT = slot_of_age(1)


def test_staged_and_loaded_units_add_up(tmp_path: Path) -> None:
    home, store = home_of(tmp_path), Lake(tmp_path).store
    units = night(tmp_path, SLOT)
    plan = Plan(SLOT, {"a.parquet": units})
    whole = add_up(home, store, plan, ask_warehouse=True)
    assert whole is not None
    assert whole.total.rows == ROWS
    store.discard(SLOT, [units[0].unit_id])
    half_loaded = add_up(home, store, plan, ask_warehouse=True)
    assert half_loaded is not None
    assert half_loaded.total == whole.total
    alone = add_up(home, store, plan, ask_warehouse=False)
    assert alone is not None
    assert alone.total.rows == units[1].rows


def test_a_damaged_profile_counts_as_none(tmp_path: Path) -> None:
    home, store = home_of(tmp_path), Lake(tmp_path).store
    units = night(tmp_path, SLOT, loaded=False)
    for unit in units:
        store.files(unit).profile.write_text("{")
    assert add_up(home, store, Plan(SLOT, {"a.parquet": units}), ask_warehouse=False) is None


def test_a_locked_warehouse_leaves_what_is_staged(tmp_path: Path) -> None:
    home, store = home_of(tmp_path), Lake(tmp_path).store
    section = home.config.warehouse.model_copy(update={"patience_s": 0.1})
    home = Home(tmp_path, home.config.model_copy(update={"warehouse": section}))
    units = night(tmp_path, SLOT)
    store.discard(SLOT, [units[0].unit_id])
    with held_open(home.warehouse):
        found = add_up(home, store, Plan(SLOT, {"a.parquet": units}), ask_warehouse=True)
    assert found is not None
    assert found.total.rows == units[1].rows
