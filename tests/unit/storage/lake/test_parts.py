import dataclasses
import hashlib
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.errors import DiskFull, PartCorrupt
from storage.files.atomic import write_bytes
from storage.lake import checks as part_checks
from storage.lake import unit_files
from storage.lake.journal.plan_file import write_plan
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.lake.unit_files import UNIT_KEY
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.profile import Profile, empty
from tests.support.predictions import LABELS, part_profile, part_sample, part_table, plan_of, slot_of, stage, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path / "parts")


def with_rows(profile: Profile, rows: int) -> Profile:
    return dataclasses.replace(profile, total=dataclasses.replace(profile.total, rows=rows))


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


def test_equal_tables_give_equal_bytes_however_they_are_chunked(tmp_path: Path) -> None:
    (unit,) = units_of(SLOT, 25_000, 25_000)  # more than one page
    table = part_table(unit)
    chunked = pa.concat_tables([table.slice(0, 777), table.slice(777, 21_000), table.slice(21_777)])
    paths = [
        PartStore(tmp_path / name).stage(unit, form, part_profile(form), part_sample(form))
        for name, form in (("a", table), ("b", table), ("c", chunked))
    ]
    assert len({path.read_bytes() for path in paths}) == 1


def test_a_part_says_which_unit_it_is(store: PartStore) -> None:
    stage(store, UNIT)
    metadata = pq.read_schema(store.path(UNIT)).metadata
    assert b'"source_path": "a.parquet"' in metadata[UNIT_KEY]


def test_the_part_gets_its_name_after_its_profile_and_seal(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def spy(path: Path, data: bytes) -> None:
        seen.append((path.name.partition("-")[0], bool(store.staged_units(SLOT))))
        write_bytes(path, data)

    monkeypatch.setattr(unit_files, "write_bytes", spy)
    stage(store, UNIT)
    stage(store, UNIT)  # again: the first part must not stand beside the second profile
    assert seen == [("profile", False), ("sample", False), ("seal", False)] * 2
    assert store.staged_units(SLOT) == {UNIT.unit_id}


def test_a_part_is_whole_the_moment_it_has_its_name(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        real(path, target)
        named.append(target.name.partition("-")[0])
        if target == store.path(UNIT):
            assert store.verify(UNIT).unit == UNIT
        return target

    monkeypatch.setattr(Path, "replace", replace)
    stage(store, UNIT)
    assert named == ["profile", "sample", "seal", "part"]


def test_the_seal_is_what_sha256sum_checks(store: PartStore) -> None:
    folder = store.path(UNIT).parent
    stage(store, UNIT)
    lines = (folder / f"seal-{UNIT.unit_id}.sha256").read_text().splitlines()
    digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert digests == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.startswith("seal-")
    }


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


def test_the_part_before_stays_until_the_new_one_is_written(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stage(store, UNIT)
    with monkeypatch.context() as full:
        full.setattr(unit_files, "_write_part", fail)
        with pytest.raises(DiskFull):
            stage(store, UNIT)
    assert store.verify(UNIT).unit == UNIT


def test_parts_tell_their_units(store: PartStore) -> None:
    assert store.units_in_metadata(SLOT) == []
    stage(store, UNIT, OTHER)
    assert set(store.units_in_metadata(SLOT)) == {UNIT, OTHER}
    store.path(UNIT).write_bytes(b"PAR1")
    store.path(OTHER).rename(store.path(OTHER).with_name("part-0000000000000000.parquet"))
    assert store.units_in_metadata(SLOT) == []


def test_a_table_that_is_not_the_units_is_refused(store: PartStore) -> None:
    table = part_table(UNIT)
    doubled = pa.concat_tables([table.slice(0, 99), table.slice(0, 1)])
    wrong = {
        "rows": table.slice(0, 99),
        "columns": table.drop_columns(["margin"]),
        "types": table.set_column(15, "n_tokens", table["n_tokens"].cast(pa.int64())),
        "nulls": table.set_column(6, PART_SCHEMA.field("doc_id"), pa.nulls(100, pa.string())),
        "a row twice": doubled,
        "another unit": part_table(OTHER),
        "another bundle": part_table(dataclasses.replace(UNIT, slot=slot_of("b2"))),
    }
    for why, form in wrong.items():
        with pytest.raises(PartCorrupt) as caught:
            store.stage(UNIT, form, with_rows(part_profile(table), 100), part_sample(table))
        assert caught.value.facts["unit"] == UNIT.unit_id, why
    with pytest.raises(PartCorrupt, match="profile counts 0 rows"):
        store.stage(UNIT, table, empty(LABELS), part_sample(table))
    assert store.staged_units(SLOT) == set()


def test_a_sample_that_is_not_the_units_is_refused(store: PartStore) -> None:
    table = part_table(UNIT)
    wrong = {
        "columns": part_sample(table).drop_columns(["text"]),
        "another unit": part_sample(part_table(OTHER)),
        "another file": part_sample(part_table(units_of(SLOT, 100, 100, "b.parquet")[0])),
        "none": part_sample(table.slice(0, 0)),
    }
    for why, sample in wrong.items():
        with pytest.raises(PartCorrupt, match="sample") as caught:
            store.stage(UNIT, table, part_profile(table), sample)
        assert caught.value.facts["unit"] == UNIT.unit_id, why
    assert store.staged_units(SLOT) == set()


def test_a_unit_without_rows_can_be_staged(store: PartStore) -> None:
    unit = dataclasses.replace(UNIT, row_stop=UNIT.row_start)
    stage(store, unit)
    assert store.read(unit).num_rows == 0


def test_a_part_that_is_missing_truncated_altered_or_renamed_is_corrupt(store: PartStore) -> None:
    with pytest.raises(PartCorrupt, match="can't be proved"):
        store.verify(UNIT)
    stage(store, UNIT, OTHER)
    whole = store.path(UNIT).read_bytes()
    for size in (0, 4, len(whole) // 2, len(whole) - 1):
        store.path(UNIT).write_bytes(whole[:size])
        with pytest.raises(PartCorrupt, match="altered") as caught:
            store.verify(UNIT)
        assert caught.value.facts["unit"] == UNIT.unit_id
    store.path(UNIT).write_bytes(store.path(OTHER).read_bytes())
    with pytest.raises(PartCorrupt, match="altered"):
        store.verify(UNIT)


def test_another_units_files_under_this_units_names_are_corrupt(store: PartStore) -> None:
    stage(store, UNIT, OTHER)
    for path in store.path(OTHER).parent.glob(f"*{OTHER.unit_id}*"):
        path.rename(path.with_name(path.name.replace(OTHER.unit_id, UNIT.unit_id)))
    with pytest.raises(PartCorrupt, match="altered"):
        store.verify(UNIT)


@pytest.mark.parametrize("name", ["part-{}.parquet", "profile-{}.json", "sample-{}.parquet", "seal-{}.sha256"])
def test_a_flipped_bit_anywhere_is_found(store: PartStore, name: str) -> None:
    stage(store, UNIT)
    path = store.path(UNIT).with_name(name.format(UNIT.unit_id))
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 60, 1)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(PartCorrupt):
            store.verify(UNIT)
    path.write_bytes(whole)
    assert store.verify(UNIT).profile == store.profile(UNIT)
    path.unlink()
    with pytest.raises(PartCorrupt):
        store.verify(UNIT)


def test_a_part_with_the_columns_of_another_version_is_corrupt(
    store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed and unaltered, but the warehouse has no place for it."""
    older = part_table(UNIT).drop_columns(["margin"])
    with monkeypatch.context() as before:
        before.setattr(part_checks, "PART_SCHEMA", older.schema)
        store.stage(UNIT, older, part_profile(part_table(UNIT)), part_sample(older))
        assert store.verify(UNIT).unit == UNIT
    with pytest.raises(PartCorrupt, match="columns differ from the schema of a part: margin"):
        store.verify(UNIT)


def test_a_profile_that_is_not_the_units_is_corrupt(store: PartStore) -> None:
    stage(store, UNIT)
    path = store.path(UNIT).with_name(f"profile-{UNIT.unit_id}.json")
    for data in (b"{", empty(LABELS).to_json_bytes()):
        path.write_bytes(data)
        for look in (store.profile, store.verify):
            with pytest.raises(PartCorrupt):
                look(UNIT)


def test_a_sample_that_is_none_is_corrupt(store: PartStore) -> None:
    stage(store, UNIT)
    path = store.files(UNIT).sample
    whole = path.read_bytes()
    for data in (b"", whole[:-9], store.path(UNIT).read_bytes()):
        path.write_bytes(data)
        with pytest.raises(PartCorrupt, match="was altered"):
            store.sample(UNIT)
    path.unlink()
    with pytest.raises(PartCorrupt, match="can't be read"):
        store.sample(UNIT)


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
