from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from jobs.runs.context import system_clock
from jobs.runs.record import recorded_run
from storage.errors import NoInput, UnreadableFile
from storage.processes import process_start
from storage.records import Slot
from storage.runs.log import RunLog

SLOT = Slot("comment", date(2026, 1, 5), "abc")


def test_a_run_that_ends_well_is_done(tmp_path: Path) -> None:
    runs = RunLog(tmp_path)
    with recorded_run(runs, "score", SLOT, system_clock) as tally:
        assert runs.get(tally.run_id).state == "running"
        tally.rows, tally.units, tally.metrics["device"] = 7, 2, "cpu"
    record = runs.get(tally.run_id)
    assert (record.state, record.rows, record.units) == ("done", 7, 2)
    assert record.process_start == process_start(os.getpid()) is not None
    assert record.metrics["device"] == "cpu"
    assert record.finished_at is not None


def test_a_file_left_out_makes_it_failed(tmp_path: Path) -> None:
    runs = RunLog(tmp_path)
    with recorded_run(runs, "score", SLOT, system_clock) as tally:
        tally.failures.append(UnreadableFile("b.parquet is torn"))
    assert runs.get(tally.run_id).state == "failed"
    assert list(runs.get(tally.run_id).failures) == ["b.parquet is torn"]


@pytest.mark.parametrize(
    ("error", "state"), [(NoInput("nothing there"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_an_error_is_recorded_and_goes_on(tmp_path: Path, error: BaseException, state: str) -> None:
    runs = RunLog(tmp_path)
    with pytest.raises(type(error)), recorded_run(runs, "score", SLOT, system_clock):
        raise error
    (record,) = runs.list()
    assert record.state == state
    assert record.finished_at is not None


def test_a_checkpoint_is_what_a_killed_run_leaves(tmp_path: Path) -> None:
    runs = RunLog(tmp_path)
    with recorded_run(runs, "nightly", SLOT, system_clock) as tally:
        tally.metrics["steps"] = {"score": "done"}
        tally.checkpoint()
        left = runs.get(tally.run_id)
        assert (left.state, left.finished_at, left.metrics) == ("running", None, {"steps": {"score": "done"}})
    assert runs.get(tally.run_id).state == "done"
