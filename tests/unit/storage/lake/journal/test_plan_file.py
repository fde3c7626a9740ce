from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from storage.errors import PartCorrupt
from storage.lake.journal.plan_file import read_plan, write_plan
from storage.lake.plan import Plan
from storage.records import Slot
from tests.support.predictions import plan_of, slot_of, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


def test_saved_and_loaded(tmp_path: Path) -> None:
    plan = Plan(SLOT, {"a.parquet": (UNIT, OTHER), "none.parquet": ()})
    assert read_plan(tmp_path, SLOT) is None
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path, SLOT) == plan


def test_the_bytes_follow_from_the_plan(tmp_path: Path) -> None:
    write_plan(tmp_path, plan_of(SLOT, (UNIT, OTHER)))
    (file,) = tmp_path.rglob("_plan.json")
    assert file.read_text("utf-8").startswith('{\n "bundle": "b1",\n')
    assert json.loads(file.read_bytes()) == {
        "task": "comment",
        "logical_date": "2026-11-22",
        "bundle": "b1",
        "files": {"a.parquet": {"fingerprint": "f1", "ranges": [[0, 100], [100, 200]]}},
    }


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"task": 1}'])
def test_a_damaged_plan_is_explained(tmp_path: Path, data: bytes) -> None:
    write_plan(tmp_path, plan_of(SLOT, (UNIT,)))
    next(tmp_path.rglob("_plan.json")).write_bytes(data)
    with pytest.raises(PartCorrupt, match=r"_plan\.json"):
        read_plan(tmp_path, SLOT)


def test_another_slots_plan_is_refused(tmp_path: Path) -> None:
    write_plan(tmp_path, plan_of(SLOT, (UNIT,)))
    other = Slot("comment", date(2026, 11, 23), "b1")
    write_plan(tmp_path, plan_of(other, units_of(other, 10, 10)))
    mine, theirs = sorted(tmp_path.rglob("_plan.json"))
    theirs.write_bytes(mine.read_bytes())
    with pytest.raises(PartCorrupt, match="plan of"):
        read_plan(tmp_path, other)
