from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from storage.lake.parts import PartStore
from storage.profiles.profile import Profile
from storage.warehouse.migrations import migrate
from storage.warehouse.profiles import insert_profiles, loaded_profiles
from tests.support.predictions import slot_of, stage, units_of

SLOT, OTHER = slot_of("b1"), slot_of("b2")


def test_profiles_come_back_by_unit_without_their_tokens(tmp_path: Path) -> None:
    store, con = PartStore(tmp_path), duckdb.connect()
    migrate(con)
    units = {slot: units_of(slot, 40, 20) for slot in (SLOT, OTHER)}
    for slot, each in units.items():
        stage(store, *each)
        insert_profiles(con, slot, [store.verify(unit) for unit in each])
    found = loaded_profiles(con, SLOT)
    assert found.keys() == {unit.unit_id for unit in units[SLOT]}
    for unit in units[SLOT]:
        staged, loaded = store.profile(unit), Profile.from_json_bytes(found[unit.unit_id])
        assert replace(staged, tokens=loaded.tokens) == loaded
        assert len(found[unit.unit_id]) < len(staged.to_json_bytes())
    assert loaded_profiles(con, slot_of("b3")) == {}
