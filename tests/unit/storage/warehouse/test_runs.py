from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from storage.runs.log import RunLog, RunRecord
from storage.warehouse.connection import Warehouse
from storage.warehouse.runs import load_runs

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DONE = RunRecord(
    run_id="20261123-0200-abc",
    job="score",
    task="comment",
    logical_date=date(2026, 11, 22),
    bundle="b1",
    started_at=START,
    finished_at=START + timedelta(minutes=3, microseconds=5),
    state="done",
    rows=100,
    units=2,
    failures=["one 坏 part"],
    metrics={"docs_per_s": 12.5, "device": "cpu", "nothing": None},
    host="night",
    pid=7,
)


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog(tmp_path / "runs")


def test_the_warehouse_gets_every_run_once(log: RunLog, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb")
    log.write(dataclasses.replace(DONE, state="staged", failures=[]))
    log.write(dataclasses.replace(DONE, run_id="other", logical_date=None, bundle=None, finished_at=None))
    for _ in range(2):
        with warehouse.writing() as con:
            assert load_runs(con, log) == 2
    log.write(dataclasses.replace(DONE, process_start="0123456789abcdef.5"))  # of no use in the table
    with warehouse.writing() as con:
        load_runs(con, log)
    with warehouse.reading() as con:
        rows = con.execute(
            "SELECT run_id, state, failures, figures->>'device', logical_date, epoch(started_at), "
            "epoch_us(finished_at), rows FROM runs ORDER BY run_id"
        ).fetchall()
    assert DONE.finished_at is not None
    end_us = round(DONE.finished_at.timestamp() * 1e6)
    start_s = START.timestamp()
    assert rows == [
        (DONE.run_id, "done", ["one 坏 part"], "cpu", DONE.logical_date, start_s, end_us, 100),
        ("other", "done", ["one 坏 part"], "cpu", None, start_s, None, 100),
    ]


def test_an_empty_log_can_be_loaded(log: RunLog, tmp_path: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb").writing() as con:
        assert load_runs(con, log) == 0


def test_a_file_that_is_no_run_is_left_out(log: RunLog, tmp_path: Path) -> None:
    log.write(DONE)
    for name, data in {"empty": b"", "binary": b"\xff", "other": b'{"logical_date": 5}'}.items():
        (tmp_path / "runs" / f"{name}.json").write_bytes(data)
        with Warehouse(tmp_path / "w.duckdb").writing() as con:
            assert load_runs(con, log) == 1
