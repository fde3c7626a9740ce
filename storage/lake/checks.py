"""Checks that table and profile are a unit's: each row once, nothing else. Wrong ones would lose or double rows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import PartCorrupt
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.profile import Profile
from storage.profiles.sample import SAMPLE_SCHEMA
from storage.records import Unit

_RESCORE: Final = "remove it and run the same `yeban score` again; the other parts are not concerned"


def check_content(unit: Unit, table: pa.Table, profile: Profile, sample: pa.Table) -> None:
    """Check that a table holds each row of the unit once, that the profile counts them and the sample is of them.

    Raises:
        PartCorrupt: They don't.
    """
    _check_shape(unit, table)
    check_profile(unit, profile, None)
    for name, value in unit.column_values().items():
        if not pc.all(pc.equal(table[name], value), min_count=0).as_py():
            raise corrupt(unit, None, f"column {name} holds other values than the unit's", repr(value))
    covered = pc.min_max(table["source_row"]).as_py()
    distinct = pc.count_distinct(table["source_row"]).as_py()
    if unit.rows and (covered != {"min": unit.row_start, "max": unit.row_stop - 1} or distinct != unit.rows):
        expected = f"each of {unit.row_start} to {unit.row_stop - 1} once"
        raise corrupt(unit, None, f"source_row holds {distinct} rows of {covered}", expected)
    _check_sample(unit, sample)


def check_profile(unit: Unit, profile: Profile, path: Path | None) -> None:
    """Check that a profile counts as many rows as its unit has.

    Raises:
        PartCorrupt: It counts others.
    """
    if profile.total.rows != unit.rows:
        where = "the profile" if path is None else path
        raise corrupt(unit, path, f"{where} counts {profile.total.rows} rows", f"{unit.rows} rows")


def check_columns(unit: Unit, schema: pa.Schema, path: Path | None) -> None:
    """Check that a table has the columns of a part.

    Raises:
        PartCorrupt: It has others.
    """
    if not schema.equals(PART_SCHEMA):
        strange = set(schema) ^ set(PART_SCHEMA)
        names = ", ".join(sorted({field.name for field in strange})) or "their order"
        raise corrupt(unit, path, f"columns differ from the schema of a part: {names}", "PART_SCHEMA")


def corrupt(unit: Unit, path: Path | None, got: str, expected: str) -> PartCorrupt:
    """The error of a unit's file that is not what it should be."""
    return PartCorrupt(
        f"part of unit {unit.unit_id} ({unit.source_path} {unit.row_start}-{unit.row_stop}): {got}",
        expected=expected,
        action=_RESCORE,
        unit=unit.unit_id,
        path=str(path) if path else None,
    )


def _check_shape(unit: Unit, table: pa.Table) -> None:
    check_columns(unit, table.schema, None)
    nulls = [field.name for field in PART_SCHEMA if not field.nullable and table[field.name].null_count]
    if nulls:
        raise corrupt(unit, None, f"nulls in {', '.join(nulls)}", "a value in every row")
    if table.num_rows != unit.rows:
        raise corrupt(unit, None, f"{table.num_rows} rows", f"{unit.rows} rows, one per input row")


def _check_sample(unit: Unit, sample: pa.Table) -> None:
    if not sample.schema.equals(SAMPLE_SCHEMA):
        raise corrupt(unit, None, "the sample has other columns", "SAMPLE_SCHEMA")
    paths, rows = pc.unique(sample["source_path"]).to_pylist(), pc.min_max(sample["source_row"]).as_py()
    if sample.num_rows and (paths != [unit.source_path] or not _inside(unit, rows["min"], rows["max"])):
        raise corrupt(unit, None, f"the sample is of {paths} {rows}", "rows of the unit")
    if bool(sample.num_rows) != bool(unit.rows):
        raise corrupt(unit, None, f"a sample of {sample.num_rows} rows", f"some of {unit.rows} rows")


def _inside(unit: Unit, first: int, last: int) -> bool:
    return unit.row_start <= first and last < unit.row_stop
