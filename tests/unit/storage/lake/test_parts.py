from pathlib import Path

import duckdb
import polars as pl
import pytest

from storage.lake.journal.plan_file import write_plan
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.prediction_columns import PART_SCHEMA
from tests.support.predictions import part_profile, part_sample, part_table, plan_of, slot_of, stage, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path / "parts")


def test_what_is_staged_is_read_back(store: PartStore) -> None:
    table = part_table(UNIT)
    path = store.stage(UNIT, table, part_profile(table), part_sample(table))
    assert path == store.path(UNIT)
    assert store.read(UNIT).equals(table)
    assert store.read(UNIT).schema.equals(PART_SCHEMA)
    assert store.profile(UNIT) == part_profile(table)
    assert store.sample(UNIT).equals(part_sample(table))


def test_the_layout_is_hive(store: PartStore, tmp_path: Path) -> None:
    stage(store, UNIT)
    folder = tmp_path / "parts" / "task=comment" / "logical_date=2026-11-22" / "bundle=b1"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"part-{UNIT.unit_id}.parquet",
        f"profile-{UNIT.unit_id}.json",
        f"sample-{UNIT.unit_id}.parquet",
        f"seal-{UNIT.unit_id}.sha256",
    ]


def test_other_programs_can_read_the_lake(store: PartStore, tmp_path: Path) -> None:
    stage(store, UNIT, OTHER)
    write_plan(store.root, plan_of(SLOT, (UNIT, OTHER)))
    pattern = str(tmp_path / "parts" / "**" / "part-*.parquet")
    query = "SELECT count(*), count(DISTINCT source_row) FROM read_parquet(?, hive_partitioning = true)"
    with duckdb.connect() as con:
        assert con.execute(query, [pattern]).fetchall() == [(200, 200)]
    assert pl.scan_parquet(pattern).select(pl.len()).collect().item() == 200


def test_staged_units_are_those_with_a_part(store: PartStore) -> None:
    assert store.staged_units(SLOT) == set()
    stage(store, UNIT, OTHER)
    store.path(OTHER).unlink()
    assert store.staged_units(SLOT) == {UNIT.unit_id}


def test_a_temporary_is_no_part(store: PartStore) -> None:
    stage(store, UNIT)
    (store.path(UNIT).parent / ".tmp-h-1-0123456789abcdef.parquet").write_bytes(b"")
    assert store.staged_units(SLOT) == {UNIT.unit_id}


def test_discarded_units_are_gone_and_the_others_stay(store: PartStore) -> None:
    stage(store, UNIT, OTHER)
    store.discard(SLOT, [UNIT.unit_id, "never-staged"])
    assert store.staged_units(SLOT) == {OTHER.unit_id}
    left = {path.name.partition("-")[2].partition(".")[0] for path in store.path(OTHER).parent.iterdir()}
    assert left == {OTHER.unit_id}
    store.discard(slot_of("b9"), ["x"])


def test_parts_tell_their_units(store: PartStore) -> None:
    assert store.units_in_metadata(SLOT) == []
    stage(store, UNIT, OTHER)
    assert set(store.units_in_metadata(SLOT)) == {UNIT, OTHER}
    store.path(UNIT).write_bytes(b"PAR1")
    store.path(OTHER).rename(store.path(OTHER).with_name("part-0000000000000000.parquet"))
    assert store.units_in_metadata(SLOT) == []


def test_what_the_system_refuses_is_not_corruption(store: PartStore) -> None:
    store.path(UNIT).parent.mkdir(parents=True)
    store.path(UNIT).symlink_to(store.path(UNIT))
    with pytest.raises(OSError, match="symbolic links"):
        store.read(UNIT)


def test_folders_that_are_no_slots_are_left_alone(store: PartStore, tmp_path: Path) -> None:
    write_plan(store.root, Plan(SLOT, {}))
    (root,) = tmp_path.rglob("task=*")
    for stray in ("logical_date=tmp/bundle=y", "logical_date=2026-13-01/bundle=y", "logical_date=/bundle=y"):
        (root / stray).mkdir(parents=True)
    assert store.slots() == store.slots(SLOT.task) == [SLOT]


def test_slots_are_listed_by_task_whatever_their_names(store: PartStore) -> None:
    news = [slot_of("b1", "news", 21), slot_of("b2", "news", 21), slot_of("b1", "news")]
    slots = [slot_of("b1", "评论/微博=1"), *news]
    assert store.slots(None) == []
    for slot in slots:
        write_plan(store.root, plan_of(slot, units_of(slot, 10, 10)))
    assert store.slots("评论/微博=1") == [slots[0]]
    assert store.slots("news") == news
    assert store.slots() == [*news, slots[0]]
    assert store.slots("n*") == []
