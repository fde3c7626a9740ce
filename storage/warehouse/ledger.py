"""The ledger: which units are in the warehouse, and how units leave it.

Every function works on a connection inside a transaction of `Warehouse.writing()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

import duckdb

from storage.records import Slot, Unit

_OF_SLOT: Final = "task = ? AND logical_date = ? AND bundle = ?"
_COLUMNS: Final = {
    "unit": "VARCHAR",
    "task": "VARCHAR",
    "logical_date": "DATE",
    "bundle": "VARCHAR",
    "source_path": "VARCHAR",
    "fingerprint": "VARCHAR",
    "row_start": "BIGINT",
    "row_stop": "BIGINT",
}
_VALUES: Final = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in _COLUMNS.items())


def loaded_units(con: duckdb.DuckDBPyConnection, slot: Slot) -> set[str]:
    """Ids of the slot's units whose predictions are all in."""
    rows = con.execute(f"SELECT unit FROM units WHERE {_OF_SLOT}", _slot_values(slot)).fetchall()
    return {unit for (unit,) in rows}


def loaded_records(con: duckdb.DuckDBPyConnection, slot: Slot) -> list[Unit]:
    """The slot's units whose predictions are all in, as they were planned."""
    names = ("source_path", "fingerprint", "row_start", "row_stop")
    rows = con.execute(f"SELECT {', '.join(names)} FROM units WHERE {_OF_SLOT}", _slot_values(slot)).fetchall()
    return [Unit(slot, *row) for row in rows]


def record_units(con: duckdb.DuckDBPyConnection, units: Sequence[Unit], loaded_at: datetime) -> None:
    """Write units into the ledger; the last statement of their transaction."""
    rows = [{"unit": unit.unit_id, **unit.as_dict()} for unit in units]
    columns = [[row[name] for row in rows] for name in _COLUMNS]
    con.execute(f"INSERT INTO units BY NAME SELECT {_VALUES}, ? AS loaded_at", [*columns, loaded_at])


def supersede(con: duckdb.DuckDBPyConnection, slot: Slot, keep: Mapping[str, Collection[str]]) -> int:
    """Remove what the slot holds of some files beyond the units that are planned for them now.

    Args:
        con: In a transaction.
        slot: The slot.
        keep: Source path to the ids of its planned units; files that are not named stay as they are.

    Returns:
        The number of ledger units removed.
    """
    rows = con.execute(f"SELECT source_path, unit FROM units WHERE {_OF_SLOT}", _slot_values(slot)).fetchall()
    stale = [unit for source_path, unit in rows if source_path in keep and unit not in keep[source_path]]
    remove_units(con, slot, stale)
    return len(stale)


def loaded_rows(con: duckdb.DuckDBPyConnection) -> int:
    """Rows of all units."""
    ((rows,),) = con.execute("SELECT coalesce(sum(row_stop - row_start), 0) FROM units").fetchall()
    return int(rows)


def loaded_slots(con: duckdb.DuckDBPyConnection) -> dict[Slot, int]:
    """Rows of each slot that has units."""
    sql = "SELECT task, logical_date, bundle, sum(row_stop - row_start) FROM units GROUP BY ALL ORDER BY ALL"
    return {Slot(task, day, bundle): int(rows) for task, day, bundle, rows in con.execute(sql).fetchall()}


def last_loaded_date(con: duckdb.DuckDBPyConnection, task: str, bundle: str) -> date | None:
    """The newest date of a task with predictions of a bundle; None where there is none."""
    ((found,),) = con.execute(
        "SELECT max(logical_date) FROM units WHERE task = ? AND bundle = ?", [task, bundle]
    ).fetchall()
    return found  # type: ignore[no-any-return]


def bundles_of_date(con: duckdb.DuckDBPyConnection, task: str, day: date) -> set[str]:
    """Bundles that have units of a task and date in the warehouse."""
    rows = con.execute("SELECT DISTINCT bundle FROM units WHERE task = ? AND logical_date = ?", [task, day]).fetchall()
    return {bundle for (bundle,) in rows}


def remove_files(
    con: duckdb.DuckDBPyConnection, slot: Slot, bundles: Iterable[str], source_paths: Collection[str]
) -> int:
    """Remove what other bundles have of some files of the slot's task and date; the number of units removed."""
    removed = 0
    for bundle in bundles:
        other = Slot(slot.task, slot.logical_date, bundle)
        removed += supersede(con, other, dict.fromkeys(source_paths, ()))
    return removed


def remove_units(con: duckdb.DuckDBPyConnection, slot: Slot, unit_ids: Iterable[str]) -> None:
    """Remove all that the warehouse holds of some units of a slot: ledger rows, predictions and profiles."""
    ids = list(unit_ids)
    if not ids:
        return
    for table in ("units", "predictions", "profiles"):
        # The slot lets DuckDB skip whole row groups; ids alone are spread all over.
        con.execute(
            f"DELETE FROM {table} WHERE {_OF_SLOT} AND unit IN (SELECT unnest(?::VARCHAR[]))",
            [*_slot_values(slot), ids],
        )


def _slot_values(slot: Slot) -> list[object]:
    return [slot.task, slot.logical_date, slot.bundle]
