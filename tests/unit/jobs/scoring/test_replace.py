from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.scoring.replace import order_replacing
from storage.errors import WarehouseLocked
from tests.support.lake import Lake
from tests.support.retention_home import home_of, night, slot_of_age
from tests.support.warehouse_holder import held_open

NEW = slot_of_age(5, "new")


def quick(home: Home) -> Home:
    section = home.config.warehouse.model_copy(update={"patience_s": 0.1})
    return Home(home.root, home.config.model_copy(update={"warehouse": section}))


def test_bundles_that_are_staged_or_loaded_on_the_date_are_to_go(tmp_path: Path) -> None:
    home, lake = home_of(tmp_path), Lake(tmp_path)
    night(tmp_path, slot_of_age(5, "staged"), loaded=False)
    units = night(tmp_path, slot_of_age(5, "loaded"))
    lake.store.drop(units[0].slot)
    night(tmp_path, slot_of_age(6, "another day"))
    assert order_replacing(home, NEW) == ("loaded", "staged")
    assert lake.journal.replaced_bundles(NEW) == ("loaded", "staged")


def test_a_bundle_does_not_replace_itself(tmp_path: Path) -> None:
    night(tmp_path, NEW)
    assert order_replacing(home_of(tmp_path), NEW) == ()
    assert [*tmp_path.rglob("_replaces.json")] == []


def test_a_locked_warehouse_is_a_reason_not_to_begin(tmp_path: Path) -> None:
    home = quick(home_of(tmp_path))
    night(tmp_path, slot_of_age(5, "old"))
    with held_open(home.warehouse), pytest.raises(WarehouseLocked, match="--replace has to know what is loaded"):
        order_replacing(home, NEW)
    assert Lake(tmp_path).journal.replaced_bundles(NEW) == ()
