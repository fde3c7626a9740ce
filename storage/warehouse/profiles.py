"""The table `profiles`: the statistics of each loaded unit, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from storage.lake.parts import StagedPart
from storage.records import Slot

_ADD: Final = """
    INSERT INTO profiles BY NAME
    SELECT unnest(?::VARCHAR[]) AS unit, ? AS task, ? AS logical_date, ? AS bundle, unnest(?::VARCHAR[]) AS profile
"""
_OF_SLOT: Final = """
    SELECT unit, profile::VARCHAR FROM profiles WHERE task = ? AND logical_date = ? AND bundle = ?
"""


def insert_profiles(con: duckdb.DuckDBPyConnection, slot: Slot, parts: Sequence[StagedPart]) -> None:
    """Insert the profiles of a slot's parts, without their tokens.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        slot: The slot.
        parts: Verified parts.
    """
    units = [part.unit.unit_id for part in parts]
    profiles = [part.profile.to_json_bytes(with_tokens=False).decode() for part in parts]
    con.execute(_ADD, [units, slot.task, slot.logical_date, slot.bundle, profiles])


def loaded_profiles(con: duckdb.DuckDBPyConnection, slot: Slot) -> dict[str, bytes]:
    """The JSON of the slot's profiles by unit id."""
    rows = con.execute(_OF_SLOT, [slot.task, slot.logical_date, slot.bundle]).fetchall()
    return {unit: profile.encode() for unit, profile in rows}
