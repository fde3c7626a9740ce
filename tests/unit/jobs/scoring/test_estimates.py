from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.scoring.estimates import PART_BYTES, WAREHOUSE_BYTES, find_footprint, past_rate
from storage.lake.parts import PartStore
from storage.runs.log import RunRecord
from tests.support.lake import Lake
from tests.support.predictions import plan_of, stage, units_of
from tests.support.retention_home import home_of, night, slot_of_age

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LIKE = ("b1", "here", "cpu", "bf16")


def run(speed: float | None, rows: int = 5_000, age: int = 0, **changed: Any) -> RunRecord:
    at = NOW - timedelta(days=age)
    known: dict[str, Any] = {
        "run_id": f"r{age}",
        "job": "score",
        "task": "comment",
        "logical_date": None,
        "bundle": "b1",
        "started_at": at,
        "finished_at": at,
        "state": "done",
        "rows": rows,
        "units": 1,
        "failures": [],
        "figures": {"docs_per_s": speed, "device": "cpu", "precision": "bf16"},
        "host": "here",
        "pid": 1,
    }
    return RunRecord(**{**known, **changed})


def test_the_median_of_runs_that_were_alike() -> None:
    others = [
        run(1.0, bundle="b2"),
        run(1.0, host="there"),
        run(1.0, rows=10),
        run(1.0, figures={"docs_per_s": 1.0, "device": "cuda", "precision": "bf16"}),
        run(None),
        run(1.0, figures={}),
    ]
    rate = past_rate([run(100.0), *others, run(300.0, age=1), run(110.0, age=2)], *LIKE)
    assert rate is not None
    assert (rate.docs_per_s, rate.source, rate.count) == (110.0, "runs", 3)
    assert past_rate(others, *LIKE) is None


def test_old_runs_count_no_more() -> None:
    rate = past_rate([*(run(100.0, age=age) for age in range(7)), *(run(1.0, age=age) for age in range(7, 40))], *LIKE)
    assert rate is not None
    assert rate.docs_per_s == 100.0


def test_where_nothing_is_known_it_is_assumed(tmp_path: Path) -> None:
    night(tmp_path, slot_of_age(1))  # too few rows to tell
    found = find_footprint(home_of(tmp_path), slot_of_age(0))
    assert (found.part, found.warehouse, found.known) == (PART_BYTES, WAREHOUSE_BYTES, False)


def test_parts_of_the_same_bundle_tell(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for slot in (slot_of_age(9), slot_of_age(1, "other")):
        units = units_of(slot, 2_000, 500)
        stage(lake.store, *units)
        lake.store.save_plan(plan_of(slot, units))
    found = find_footprint(home_of(tmp_path), slot_of_age(0))
    size = sum(PartStore(tmp_path / "parts").size(slot) for slot in (slot_of_age(9), slot_of_age(1, "other")))
    assert found.known
    assert found.part == pytest.approx(size / 4_000)
    parts, warehouse = found.needs(home_of(tmp_path), 1_000)
    assert parts.size == round(1_000 * found.part)
    assert warehouse.size == 1_000 * WAREHOUSE_BYTES
