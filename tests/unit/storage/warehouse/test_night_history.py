from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from storage.warehouse.night_history import labelled_rows, volumes
from tests.support.lake import Lake
from tests.support.predictions import LABELS, NIGHT, plan_of, slot_of, stage, units_of

FIRST, DAY = date(2026, 11, 1), date(2026, 11, 22)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def put(lake: Lake, bundle: str, day: int, rows: int) -> None:
    slot = slot_of(bundle, day=day)
    units = units_of(slot, rows, 20)
    stage(lake.store, *units)
    lake.load(plan_of(slot, units))


def test_volumes_are_those_of_the_bundle_that_has_most(lake: Lake) -> None:
    for bundle, day, rows in (("b1", 21, 30), ("b1", 22, 40), ("b2", 22, 60)):
        put(lake, bundle, day, rows)
    with lake.warehouse.reading() as con:
        assert volumes(con, "comment", FIRST, DAY) == {date(2026, 11, 21): 30, DAY: 60}
        assert volumes(con, "comment", DAY, DAY) == {DAY: 60}
        assert volumes(con, "news", FIRST, DAY) == {}


def test_labelled_rows_say_whether_they_were_drawn(lake: Lake) -> None:
    put(lake, "b1", 22, 20)
    with lake.warehouse.writing() as con:
        for row, arm in ((1, "random"), (2, "margin"), (3, None), (6, "random")):  # row 6 is empty
            values = ["comment", f"a.parquet:{row}", LABELS[0], "甲", "csv", NIGHT, NIGHT, arm]
            con.execute("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    with lake.warehouse.reading() as con:
        found = labelled_rows(con, "comment", "b1", FIRST, DAY)
        assert labelled_rows(con, "comment", "b2", FIRST, DAY).num_rows == 0
        assert labelled_rows(con, "comment", "b1", FIRST, date(2026, 11, 21)).num_rows == 0
    assert found["drawn"].to_pylist() == [True, False, False]
    assert found["label"].to_pylist() == [LABELS[0]] * 3
    assert all(len(probs) == len(LABELS) for probs in found["probs"].to_pylist())
