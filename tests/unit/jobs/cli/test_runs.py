"""runs list, runs show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.config.home import Home
from storage.runs.log import RunRecord
from tests.support.bare_homes import bare_home
from tests.support.command import yeban

START = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
"""02:00 of the 6th in Shanghai."""
DONE = RunRecord(
    run_id="20260105T1800-aa",
    job="score",
    task="comment",
    logical_date=date(2026, 1, 5),
    bundle="b1",
    started_at=START,
    finished_at=START + timedelta(seconds=90),
    state="done",
    rows=1800,
    units=2,
    failures=[],
    metrics={"docs_per_s": 1234.5, "network_s": 60.0, "read_s": 15.0, "device": "cpu"},
    host="night",
    pid=7,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = bare_home(tmp_path)
    home.run_log.write(DONE)
    later = START + timedelta(days=1)
    failed = replace(DONE, run_id="20260106T1800-bb", state="failed", failures=["b.parquet is torn"], metrics={})
    home.run_log.write(replace(failed, started_at=later, finished_at=later + timedelta(seconds=9), task="weibo"))
    return home


def test_the_newest_run_comes_first(home: Home) -> None:
    rows = [line.split() for line in yeban("runs", "list", "--home", home.root).succeeded().out.splitlines()[1:]]
    assert [(row[0], row[3]) for row in rows] == [("20260106T1800-bb", "failed"), ("20260105T1800-aa", "done")]
    assert rows[1][4:] == ["1,800", "1,234", "2026-01-06", "02:01"]
    flat = json.loads(yeban("runs", "list", "comment", "--json", "--home", home.root).succeeded().out)
    assert [each["run_id"] for each in flat] == ["20260105T1800-aa"]


def test_one_run_with_its_stages(home: Home) -> None:
    shown = yeban("runs", "show", "20260105", "--home", home.root).succeeded().out
    for words in ("2026-01-06 02:00:00", "90.0 s", "1,800 in 2 units", "20.0, start and end", "they overlap"):
        assert words in shown
    bars = {line.split()[0]: line.count("█") for line in shown.splitlines() if "█" in line}
    assert bars == {"read": 8, "network": 30}


def test_failures_are_shown(home: Home) -> None:
    assert "failure  b.parquet is torn" in yeban("runs", "show", "20260106", "--home", home.root).succeeded().out


def test_a_run_that_is_not_there(home: Home) -> None:
    yeban("runs", "show", "1999", "--home", home.root).failed_with(2, "1999")
