"""What a night leaves on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.nightly.report import StepReport, known_steps, records_of_night, steps_of, worst_code
from storage.records import Slot
from storage.runs.log import RunLog, RunRecord

SLOT = Slot("comment", date(2026, 1, 5), "b1")
START = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)


def record(
    number: int = 0, steps: Mapping[str, StepReport] | None = None, *, job: str = "nightly", slot: Slot = SLOT
) -> RunRecord:
    at = START + timedelta(minutes=number)
    metrics: dict[str, Any] = {"steps": {name: asdict(step) for name, step in (steps or {}).items()}}
    return RunRecord(
        f"run-{number}", job, slot.task, slot.logical_date, slot.bundle, at, at, "done", 0, 0, [], metrics, "night", 7
    )


def test_steps_come_back_from_the_disk_as_they_were(tmp_path: Path) -> None:
    steps = {
        "score": StepReport("partial", "new file", "7 rows", ("b.parquet is torn",), 1, 2.5, "stamp"),
        "monitor": StepReport("done", alerted=True, code=3),
    }
    RunLog(tmp_path).write(record(0, steps))
    assert steps_of(RunLog(tmp_path).get("run-0")) == steps


@pytest.mark.parametrize("steps", [["score"], {"score": "done"}, {"score": {"state": "done", "new key": 1}}])
def test_steps_of_another_version_are_none(steps: object) -> None:
    flat = record()
    assert steps_of(RunRecord(**{**{n: getattr(flat, n) for n in flat.__slots__}, "metrics": {"steps": steps}})) == {}


def test_the_most_serious_exit_code_counts() -> None:
    def code(*codes: int) -> int:
        return worst_code({str(n): StepReport("done", code=each) for n, each in enumerate(codes)})

    assert [code(), code(0, 0), code(0, 3), code(3, 75), code(75, 1), code(1, 2, 3)] == [0, 0, 3, 75, 1, 2]


def test_records_of_a_night_are_those_of_its_bundle_the_newest_last(tmp_path: Path) -> None:
    runs = RunLog(tmp_path)
    for each in (
        record(0),
        record(1, slot=Slot("comment", SLOT.logical_date, "b2")),
        record(2, job="score"),
        record(3, slot=Slot("comment", date(2026, 1, 4), "b1")),
        record(4),
    ):
        runs.write(each)
    assert [each.run_id for each in records_of_night(runs, SLOT)] == ["run-0", "run-4"]


def test_a_failure_does_not_hide_what_was_done_before() -> None:
    first = record(0, {"score": StepReport("done", stamp="one"), "load": StepReport("failed", code=1)})
    second = record(1, {"score": StepReport("locked", code=75), "load": StepReport("fresh", stamp="two")})
    assert {name: step.stamp for name, step in known_steps([first, second]).items()} == {"score": "one", "load": "two"}
