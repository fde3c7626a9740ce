"""Scoring a dump: what is refused before anything is computed, and the form of a result."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from jobs.runs.context import quiet_context
from jobs.scoring.score import ScoreRequest, ScoreResult, score
from storage.errors import BundleIncomplete, NoInput, UnreadableFile
from storage.records import Slot
from tests.support.bare_homes import bare_home

DAY = date(2026, 1, 5)


def test_a_date_without_files_is_on_record_and_leaves_no_warehouse(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    with pytest.raises(NoInput, match="no Parquet file for 2026-01-05"):
        score(home, ScoreRequest("comment", DAY), quiet_context())
    (record,) = home.run_log.list()
    assert (record.job, record.state, record.logical_date) == ("score", "failed", DAY)
    assert not home.warehouse.exists()


def test_a_task_without_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleIncomplete, match="task 'weibo' has no bundle yet"):
        score(bare_home(tmp_path), ScoreRequest("weibo", DAY), quiet_context())


def test_the_json_form_keeps_its_keys() -> None:
    failures = (UnreadableFile("b.parquet is torn"),)
    result = ScoreResult("a", "failed", Slot("comment", DAY, "b1"), 9, 2, 7, None, {"device": "cpu"}, failures, None)
    assert json.loads(json.dumps(result.as_dict())) == {
        "run_id": "a",
        "state": "failed",
        "task": "comment",
        "logical_date": "2026-01-05",
        "bundle": "b1",
        "planned_rows": 9,
        "done_rows": 2,
        "scored_rows": 7,
        "loaded_rows": None,
        "figures": {"device": "cpu"},
        "failures": ["b.parquet is torn"],
    }
