"""Monitoring among damaged files, locks and full disks: a clear message, and a report of the rest."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.command import CommandResult
from tests.support.homes import DAY, NEXT_DAY, Home
from tests.support.monitored_home import (
    ROWS,
    TELLING,
    delivered_alerts,
    findings_of,
    gap_of,
    is_told_of,
    monitor,
    night_folder,
    page_of,
    score_drifting_nights,
    show,
    stored,
)
from tests.support.small_disk_mount import fill, run_on_small_disk
from tests.support.warehouse_holder import held_open


@pytest.fixture
def home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    return copy_of_home(shared_home("drifted", score_drifting_nights, rows=400, more=TELLING))


class TestDamage:
    def test_a_corrupt_profile(self, home: Home) -> None:
        """One unit of three: the report is of the others, and says so."""
        profiles = sorted(parts_of(home).glob("profile-*.json"))
        assert len(profiles) == 3
        profiles[0].write_text("{", "utf-8")
        ran = monitor(home).failed_with(1, profiles[0].stem[len("profile-") :], "yeban score")
        assert "the night is not whole" in gap_of(home, "rows")
        assert is_told_of(home, gap_of(home, "rows"))
        assert findings_of(home).now.rows in (600, 800)
        assert str(night_folder(home) / "report.html") in ran.out

    def test_no_profile_is_left(self, home: Home) -> None:
        for profile in parts_of(home).glob("profile-*.json"):
            profile.unlink()
        monitor(home).failed_with(1, f"nothing of comment {DAY}", "yeban score comment")
        assert not (home.root / "nights").exists()

    def test_a_corrupt_plan_and_a_kept_summary(self, home: Home) -> None:
        monitor(home).succeeded()
        before = findings_of(home)
        (parts_of(home) / "_plan.json").write_text("{", "utf-8")
        monitor(home).failed_with(1, "_plan.json")
        assert findings_of(home).metrics == before.metrics or findings_of(home).now == before.now
        assert "_plan.json" in gap_of(home, "rows")

    def test_a_damaged_reference(self, home: Home) -> None:
        (file,) = (home.root / "references").rglob("reference.json")
        file.write_bytes(file.read_bytes().replace(b'"rows":', b'"rows" :', 1))
        ran = monitor(home, NEXT_DAY).failed_with(1, "was altered", "freeze a reference again")
        assert "变化未作判断" in ran.out
        assert is_told_of(home, gap_of(home, "drift", NEXT_DAY).split(":")[0], NEXT_DAY)
        assert findings_of(home, NEXT_DAY).reference is None
        assert delivered_alerts(home) == []

    def test_a_damaged_sample_of_the_reference(self, home: Home) -> None:
        (file,) = (home.root / "references").rglob("sample.parquet")
        file.write_bytes(b"PAR1")
        monitor(home).failed_with(1, "sample.parquet was altered")

    @pytest.mark.parametrize("name", ["night.json", "judgement-*.json"])
    def test_a_damaged_earlier_night(self, home: Home, name: str, caplog: pytest.LogCaptureFixture) -> None:
        """It counts as never monitored: tonight is the first of its streak, and the page leaves a gap."""
        monitor(home).succeeded()
        (file,) = night_folder(home).glob(name)
        file.write_text("{", "utf-8")
        with caplog.at_level(logging.WARNING):
            monitor(home, NEXT_DAY).succeeded()
        assert any(DAY in record.getMessage() for record in caplog.records)
        assert delivered_alerts(home) == []
        monitor(home).succeeded()  # mended by a rerun
        assert monitor(home, NEXT_DAY).without_traceback().code == 3

    def test_the_night_itself_is_damaged(self, home: Home) -> None:
        monitor(home).succeeded()
        before = stored(home)
        for file in night_folder(home).glob("*.json"):
            file.write_text("[]", "utf-8")
        show(home).failed_with(1, f"{DAY}")
        monitor(home).succeeded()
        assert {**stored(home)}.keys() == before.keys()
        show(home).succeeded()

    def test_an_alert_on_its_way_is_damaged(self, home: Home, caplog: pytest.LogCaptureFixture) -> None:
        waiting = home.root / "alerts" / "task=comment" / "waiting"
        waiting.mkdir(parents=True)
        (waiting / "0123456789abcdef.json").write_text("{", "utf-8")
        with caplog.at_level(logging.ERROR):
            monitor(home).succeeded()
        assert "is no alert and is passed over" in caplog.text

    def test_a_warehouse_that_is_none(self, home: Home) -> None:
        home.warehouse.write_bytes(b"no database" * 1000)
        ran = monitor(home).failed_with(1, "yeban.duckdb")
        assert "yeban.duckdb" in gap_of(home, "rows, accuracy, ece")
        assert "空文本" in ran.out
        home.warehouse.unlink()
        home.load().succeeded()
        assert home.query("SELECT count(DISTINCT logical_date) FROM metrics") == [(1,)]


def parts_of(home: Home, day: str = DAY) -> Path:
    (folder,) = (home.root / "parts" / "task=comment" / f"logical_date={day}").iterdir()
    return folder


class TestNoPlaceToWrite:
    """Root may write anywhere, so a file stands where a folder should be."""

    def test_the_nights(self, home: Home) -> None:
        (home.root / "nights").write_text("in the way", "utf-8")
        ran = monitor(home).failed_with(1, "the findings can't be written", "the morning page can't be written")
        assert "空文本" in ran.out
        (home.root / "nights").unlink()
        monitor(home).succeeded()

    def test_the_page(self, home: Home) -> None:
        monitor(home).succeeded()
        page = night_folder(home) / "report.html"
        page.unlink()
        page.mkdir()
        monitor(home).failed_with(1, "the morning page can't be written", "monitor the date again")
        assert findings_of(home).now.rows == ROWS

    def test_the_alerts(self, home: Home) -> None:
        """Nobody is told, the report is there, and the alert is not lost."""
        monitor(home).succeeded()
        shutil.rmtree(home.root / "alerts", ignore_errors=True)
        (home.root / "alerts").write_text("in the way", "utf-8")
        monitor(home, NEXT_DAY).failed_with(1, "the alerts can't be written", "monitor the date again")
        assert delivered_alerts(home) == []
        assert "空文本" in page_of(home, NEXT_DAY)
        (home.root / "alerts").unlink()
        assert monitor(home, NEXT_DAY).without_traceback().code == 3
        assert [each["name"] for each in delivered_alerts(home)] == ["empty_share"]

    def test_the_summaries(self, home: Home) -> None:
        shutil.rmtree(home.root / "summaries")
        (home.root / "summaries").write_text("in the way", "utf-8")
        monitor(home).failed_with(1, "summaries")

    def test_a_sink(self, home: Home, caplog: pytest.LogCaptureFixture) -> None:
        """What could not be told waits, and the next night brings it."""
        monitor(home).succeeded()
        (home.root / "told.jsonl").mkdir()
        with caplog.at_level(logging.WARNING):
            assert monitor(home, NEXT_DAY).without_traceback().code == 3
        assert "1 alert(s) wait for jsonl" in caplog.text
        (home.root / "told.jsonl").rmdir()
        assert monitor(home, NEXT_DAY).without_traceback().code == 3
        assert [each["name"] for each in delivered_alerts(home)] == ["empty_share"]


def test_a_locked_warehouse_stops_nothing(home: Home) -> None:
    monitor(home).succeeded()
    with held_open(home.warehouse) as pid:
        ran = monitor(home, NEXT_DAY).without_traceback()
        assert ran.code == 3
        assert f"process {pid} has it open" in gap_of(home, "rows, accuracy, ece", NEXT_DAY)
        assert is_told_of(home, "monitor the date again once it is free", NEXT_DAY)
        whats = [each.what for each in findings_of(home, NEXT_DAY).missing]
        assert whats == ["rows, accuracy, ece"]  # and not that there are no labels: nobody knows
    assert len(delivered_alerts(home)) == 1
    assert home.query("SELECT count(DISTINCT logical_date) FROM metrics") == [(1,)]
    home.load().succeeded()
    assert home.query("SELECT count(DISTINCT logical_date) FROM metrics") == [(2,)]
    assert home.query("SELECT count(*) FROM alerts") == [(1,)]


def home_on_it(disk: str, root: str, bundle: str) -> None:
    """The home is on a disk that is full, and then has room again."""
    home = Home(Path(shutil.copytree(root, Path(disk) / "home")), "comment", Path(bundle))
    monitor(home).succeeded()
    ballast = fill(Path(disk), 0)
    full = monitor(home, NEXT_DAY)
    ballast.unlink()
    again = monitor(home, NEXT_DAY)
    left = [path.name for path in Path(disk).rglob(".tmp-*")]
    print(json.dumps({"full": asdict(full), "again": asdict(again), "told": delivered_alerts(home), "left": left}))


def test_a_full_disk(home: Home, tmp_path: Path) -> None:
    found = run_on_small_disk(
        tmp_path / "disk", "tests.faults.test_monitoring_damage", "home_on_it", home.root, home.bundle
    )
    CommandResult(**found["full"]).failed_with(1, "o space left")
    assert CommandResult(**found["again"]).without_traceback().code == 3
    assert [each["name"] for each in found["told"]] == ["empty_share"]
    assert found["left"] == []


def test_two_at_a_time(home: Home) -> None:
    from jobs.runs.locks import task_lock

    with task_lock(home.root / "locks", "monitor-comment"):
        monitor(home).failed_with(75, "another monitor run of task 'comment'")
