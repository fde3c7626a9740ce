"""The table `bundles`: which model bundles have predictions here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import duckdb

from storage.records import Slot

_ADD: Final = """
    INSERT INTO bundles (task, bundle, labels, record, first_loaded_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (task, bundle) DO UPDATE SET record = coalesce(excluded.record, record)
"""


def record_bundle(
    con: duckdb.DuckDBPyConnection,
    slot: Slot,
    labels: Sequence[str],
    record: Mapping[str, Any] | None,
    at: datetime,
) -> None:
    """Record the bundle of a slot.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        slot: Names task and bundle.
        labels: Its classes, in the order of `probs`.
        record: What is to be known of it, JSON-ready; None leaves it as it is.
        at: The present moment, with a zone.
    """
    flat = None if record is None else json.dumps(record, ensure_ascii=False, sort_keys=True)
    con.execute(_ADD, [slot.task, slot.bundle, list(labels), flat, at])
