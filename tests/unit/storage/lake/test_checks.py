import dataclasses
from pathlib import Path

import pyarrow as pa
import pytest

from storage.errors import PartCorrupt
from storage.lake.parts import PartStore
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.profile import Profile, empty
from tests.support.predictions import LABELS, part_profile, part_sample, part_table, slot_of, stage, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path / "parts")


def with_rows(profile: Profile, rows: int) -> Profile:
    return dataclasses.replace(profile, total=dataclasses.replace(profile.total, rows=rows))


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
