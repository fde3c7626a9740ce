"""Where the time of a run went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.runs.stages import seconds_of, stages_of
from storage.runs.log import RunRecord

START = datetime(2026, 1, 6, 18, 0, tzinfo=UTC)


def record(metrics: Mapping[str, Any], finished: datetime | None = START) -> RunRecord:
    return RunRecord("a", "score", "comment", None, None, START, finished, "done", 0, 0, [], metrics, "night", 7)


def test_stages_come_in_the_order_in_which_rows_go_through() -> None:
    metrics = {"zip_s": 1, "stage_s": 0.5, "network_s": 60.25, "read_s": 3, "prepare_s": 2}
    assert list(stages_of(record(metrics)).items()) == [
        ("read", 3.0),
        ("prepare", 2.0),
        ("network", 60.25),
        ("stage", 0.5),
        ("zip", 1.0),
    ]


def test_speeds_and_words_are_no_stages() -> None:
    assert stages_of(record({"docs_per_s": 12.5, "device": "cpu", "why_s": "slow", "rows": 7})) == {}


def test_steps_of_a_night_are_its_stages() -> None:
    steps = {"monitor": {"seconds": 2}, "score": {"seconds": 90.5, "state": "done"}, "load": {}, "odd": "text"}
    assert list(stages_of(record({"steps": steps})).items()) == [("score", 90.5), ("monitor", 2.0)]
    assert stages_of(record({"steps": ["of another version"]})) == {}


def test_how_long_a_run_took() -> None:
    assert seconds_of(record({}, START + timedelta(seconds=90))) == 90.0
    assert seconds_of(record({}, None)) is None
