"""A loaded night whose texts could be labelled, and what is known of each of its rows."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from storage.warehouse.relabel_scope import Scope
from storage.warehouse.relabel_texts import QUEUED_SCHEMA
from tests.support.lake import Lake
from tests.support.predictions import part_table, plan_of, slot_of, stage, units_of

ROWS = 210
BASE = 2**63
"""`text_hash` of row 0 in the files of tests.support.predictions."""
SCOPE = Scope("comment", "b1", date(2026, 11, 20), date(2026, 11, 22))
NONE_QUEUED = QUEUED_SCHEMA.empty_table()


def lake_to_label(home: Path) -> Lake:
    lake = Lake(home)
    units = units_of(slot_of(), ROWS, 100)
    stage(lake.store, *units)
    lake.load(plan_of(slot_of(), units))
    return lake


@cache
def everything() -> dict[int, dict[str, object]]:
    """All predictions by row."""
    tables = pa.concat_tables([part_table(unit) for unit in units_of(slot_of(), ROWS, 100)])
    return {row["source_row"]: row for row in tables.to_pylist()}


@cache
def scored() -> list[int]:
    return [row for row in range(ROWS) if everything()[row]["status"] == "scored"]


def rows_of(hashes: np.ndarray) -> list[int]:
    return [int(each) - BASE for each in hashes]
