from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from storage.records import Slot, Unit, digest

UNIT = Unit(Slot("comment", date(2026, 1, 5), "b1"), "a.parquet", "f1", 100, 250)


def test_a_units_id_follows_from_what_it_is_and_from_nothing_else() -> None:
    assert UNIT.unit_id == "efb0dcf94390994c", "parts and ledgers on disk have such ids"
    others = [
        replace(UNIT, slot=Slot("weibo", UNIT.slot.logical_date, "b1")),
        replace(UNIT, slot=Slot("comment", date(2026, 1, 6), "b1")),
        replace(UNIT, slot=Slot("comment", UNIT.slot.logical_date, "b2")),
        replace(UNIT, source_path="b.parquet"),
        replace(UNIT, fingerprint="f2"),
        replace(UNIT, row_start=101),
        replace(UNIT, row_stop=251),
    ]
    assert len({UNIT.unit_id, *(other.unit_id for other in others)}) == 8


def test_a_unit_survives_json() -> None:
    flat = json.loads(json.dumps(UNIT.as_dict()))
    assert Unit.from_dict(flat) == UNIT
    assert flat["logical_date"] == "2026-01-05"
    assert UNIT.rows == 150


def test_fields_do_not_run_into_each_other() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") != digest("a", "")
    assert len(digest("a", length=8)) == 8
    assert digest("a").startswith(digest("a", length=8))
