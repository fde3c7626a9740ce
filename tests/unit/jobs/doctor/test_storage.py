from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from jobs.config.file import CONFIG_NAME, Home, find_home
from jobs.doctor import storage
from jobs.doctor.check import Diagnosis, looked_at
from jobs.runs.locks import scheduler_lock, task_lock
from jobs.runs.record import recorded_run
from monitoring.alerts.delivery import post
from monitoring.alerts.outbox import Outbox
from storage.errors import NoInput
from storage.files.atomic import write_json
from storage.processes import host_name
from storage.records import Slot
from storage.runs.log import RunLog
from storage.warehouse.connection import Warehouse
from tests.support.sample_findings import alert
from tests.support.warehouse_holder import held_open

NOW = datetime(2026, 1, 6, 2, tzinfo=UTC)
SLOT = Slot("comment", date(2026, 1, 5), "b1")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / CONFIG_NAME).write_text("[tasks.comment]\n[tasks.weibo]\n", "utf-8")
    return find_home(tmp_path, tmp_path)


def levels(checks: Iterable[Diagnosis]) -> list[str]:
    found = list(checks)
    assert all(each.level == "ok" or each.action for each in found)
    return [each.level for each in found]


class TestDisk:
    def test_space_is_compared_with_what_nights_took(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        for day, size in ((1, 100), (2, 300), (3, 200)):
            folder = home.parts / f"task=comment/logical_date=2026-01-0{day}/bundle=b1"
            folder.mkdir(parents=True)
            (folder / "part-x.parquet").write_bytes(b"x" * size)
        free = 0
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: Usage(free))
        need = 3 * 300
        for free, expected in (  # noqa: B007 (read by the lambda)
            (need - 1, "problem"),
            (need, "warning"),
            (3 * need + storage.SPARE_BYTES - 1, "warning"),
            (3 * need + storage.SPARE_BYTES, "ok"),
        ):
            assert levels(storage.check_disk(home)) == [expected]

    def test_a_home_without_nights(self, home: Home) -> None:
        (check,) = storage.check_disk(home)
        assert "no night yet" in check.found


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


class TestWarehouse:
    def test_none_yet_is_well_and_stays_so(self, home: Home) -> None:
        assert levels(storage.check_warehouse(home)) == ["ok"]
        assert not home.warehouse.exists()

    def test_a_sound_one_tells_its_schema(self, home: Home) -> None:
        with Warehouse(home.warehouse).writing():
            pass
        (check,) = storage.check_warehouse(home)
        version, newest = Warehouse(home.warehouse).versions()
        assert version == newest > 1
        assert f"schema {version}" in check.found

    def test_an_older_one_is_not_migrated(self, home: Home) -> None:
        with Warehouse(home.warehouse).writing():
            pass
        with duckdb.connect(str(home.warehouse)) as con:
            con.execute("DELETE FROM schema_version WHERE version > 1")
        before = home.warehouse.read_bytes()
        (check,) = storage.check_warehouse(home)
        assert "schema 1; the next load brings it to" in check.found
        assert home.warehouse.read_bytes() == before

    def test_who_has_it_open_is_named(self, home: Home) -> None:
        with Warehouse(home.warehouse).writing():
            pass
        with held_open(home.warehouse) as pid:
            (check,) = storage.check_warehouse(home)
        assert check.level == "warning"
        assert str(pid) in check.found

    def test_what_is_no_warehouse_is_a_problem(self, home: Home) -> None:
        home.warehouse.write_bytes(b"no database at all" * 1000)
        assert levels(looked_at("warehouse", lambda: storage.check_warehouse(home))) == ["problem"]

    def test_logs_without_a_database_are_named(self, home: Home) -> None:
        home.warehouse.with_name(f"{home.warehouse.name}.wal.orphan").touch()
        assert levels(storage.check_warehouse(home)) == ["warning", "ok"]


class TestLocks:
    def test_nobody(self, home: Home) -> None:
        assert levels(storage.check_locks(home, NOW)) == ["ok"]

    def test_the_holder_is_named_and_a_long_one_is_odd(self, home: Home) -> None:
        with task_lock(home.locks, "comment", "monitor"):
            now = datetime.now(UTC)
            (check,) = storage.check_locks(home, now)
            assert f"monitor-comment is held by process {os.getpid()} on {host_name()}" in check.found
            assert levels(storage.check_locks(home, now + timedelta(hours=13))) == ["warning"]

    def test_a_scheduler_has_its_lock_for_months(self, home: Home) -> None:
        with scheduler_lock(home.locks):
            (check,) = storage.check_locks(home, datetime.now(UTC) + timedelta(days=90))
        assert check.level == "ok"
        assert f"the scheduler runs: process {os.getpid()} on {host_name()}, since 20" in check.found

    def test_the_killed_hold_nothing_and_what_is_odd_is_named(self, home: Home) -> None:
        killed = {"pid": 2**22 + 1, "host": host_name(), "since": NOW.isoformat()}
        write_json(home.locks / "comment.holder.json", killed)
        assert levels(storage.check_locks(home, NOW)) == ["ok"]
        write_json(home.locks / "weibo.holder.json", {**killed, "host": "another-machine"})
        (home.locks / "x.holder.json").write_text("{}")
        assert levels(storage.check_locks(home, NOW)) == ["ok", "warning"]


class TestRuns:
    def test_the_last_of_each_job_counts(self, home: Home) -> None:
        runs = RunLog(home.run_records)
        assert levels(storage.check_runs(home)) == ["ok"]
        with pytest.raises(NoInput), recorded_run(runs, "score", SLOT):
            raise NoInput("no dump")
        (check,) = storage.check_runs(home)
        assert check.level == "warning"
        assert "score of comment, 2026-01-05: failed" in check.found
        with recorded_run(runs, "monitor", SLOT):
            pass
        assert levels(storage.check_runs(home)) == ["warning"]
        with recorded_run(runs, "score", SLOT) as tally:
            tally.staged = True
        (check,) = storage.check_runs(home)
        assert "yeban load comment" in check.action
        with recorded_run(runs, "score", SLOT):
            pass
        assert levels(storage.check_runs(home)) == ["ok"]

    def test_a_file_that_is_no_run_is_to_be_moved(self, home: Home) -> None:
        with recorded_run(RunLog(home.run_records), "score", SLOT):
            pass
        (home.run_records / "odd.json").write_text("{")
        bad, rest = storage.check_runs(home)
        assert (bad.level, rest.level) == ("problem", "ok")
        assert str(home.run_records / "odd.json") in bad.found
        assert "move it out of the folder" in bad.action


def test_alerts_that_wait_are_counted(home: Home) -> None:
    assert levels(storage.check_alerts(home)) == ["ok"]
    post(Outbox(home.alerts, "comment"), [alert(0), alert(1)])
    post(Outbox(home.alerts / "runs", "weibo"), [replace(alert(2), task="weibo")])
    (check,) = storage.check_alerts(home)
    assert (check.level, check.found) == ("warning", "3 wait for a sink")
