"""The scheduler as an operator has it: real processes, real signals, and only what is due."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.command import Running, start_yeban, yeban, yeban_process
from tests.support.homes import Home
from tests.support.nightly_home import QUIET, assert_nights_complete, deliver_dump, nightly, records
from tests.support.waiting import wait_until

PATIENCE_S = 400.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
JOB = """
[schedule]
retry_minutes = 1

[[schedule.jobs]]
task = "comment"
cron = "0 0 * * *"
heartbeat_file = "beat/{task}.json"
"""


def today(back: int = 0) -> str:
    """A date that is so many days ago in Shanghai."""
    return (datetime.now(SHANGHAI).date() - timedelta(days=back)).isoformat()


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """A home whose scheduler was set up two days ago and did not run since; two nights were delivered."""
    home = new_home(rows=20, more=QUIET + JOB.replace("{task}", "comment"))
    for back in (2, 1):
        deliver_dump(home, today(back))
    since = datetime.now(SHANGHAI).replace(hour=12) - timedelta(days=2)
    (home.root / "schedule").mkdir()
    (home.root / "schedule" / "since.json").write_text(json.dumps({"comment": since.astimezone(UTC).isoformat()}))
    return home


@contextmanager
def scheduler(home: Home, log: Path, ends: int = 0) -> Iterator[Running]:
    """A scheduler at work, told to stop at the end of the block; it must end as expected."""
    process = start_yeban("schedule", "start", "--home", home.root, log=log)
    try:
        wait_for(lambda: (home.root / "locks" / "@scheduler.holder.json").exists(), process, log)
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == ends, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], object], process: Running, log: Path) -> None:
    wait_until(what, process, message=lambda: log.read_text("utf-8"), patience_s=PATIENCE_S)


def night_of(holder: Path) -> int:
    """The process that holds a lock, or held it when it was killed."""
    return int(json.loads(holder.read_text())["pid"])


def listed(home: Home) -> dict[str, object]:
    told = json.loads(yeban("schedule", "list", "--json", "--home", home.root).succeeded().out)
    (job,) = told["jobs"]
    return {**job, "scheduler": told["scheduler"]}


def test_missed_nights_are_taken_up_and_the_heartbeat_comes(home: Home, tmp_path: Path) -> None:
    assert listed(home)["missed"] == [today(2), today(1)]
    log, beat = tmp_path / "log", home.root / "beat" / "comment.json"
    with scheduler(home, log) as process:
        second = yeban_process("schedule", "start", cwd=home.root)
        second.failed_with(75, "another scheduler runs for this home", f"pid {process.pid} on ")
        assert f"pid {process.pid} on " in str(listed(home)["scheduler"])
        wait_for(lambda: beat.exists() and json.loads(beat.read_text())["logical_date"] == today(1), process, log)
    assert_nights_complete(home, [today(2), today(1)])
    assert [each["logical_date"] for each in records(home)] == [today(2), today(1)]
    told = listed(home)
    assert (told["missed"], told["scheduler"]) == ([], None)
    last = told["last"]
    assert isinstance(last, dict)
    assert (last["logical_date"], last["state"], last["alert"]) == (today(1), "done", False)
    assert "Traceback" not in log.read_text("utf-8")


def test_sigterm_in_a_unit_closes_it_and_the_next_start_goes_on(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with scheduler(home, log) as process:
        wait_for(lambda: next((home.root / "parts").rglob("part-*.parquet"), None), process, log)
    (record,) = records(home)
    assert (record["state"], record["logical_date"]) == ("interrupted", today(2))
    assert record["finished_at"] is not None
    assert list(home.root.rglob(".tmp-*")) == []
    assert list((home.root / "locks").glob("*.holder.json")) == []
    kept = {path.name for path in (home.root / "parts").rglob("part-*.parquet")}
    assert kept
    nightly(home, today(2)).succeeded()
    nightly(home, today(1)).succeeded()
    assert kept <= {path.name for path in (home.root / "parts").rglob("part-*.parquet")}
    assert_nights_complete(home, [today(2), today(1)])


@pytest.mark.slow
def test_a_night_that_is_killed_does_not_take_the_scheduler_with_it(home: Home, tmp_path: Path) -> None:
    """As the out-of-memory killer does it; and the other way round, a night outlives a scheduler that is killed."""
    log, holder = tmp_path / "log", home.root / "locks" / "nightly-comment.holder.json"
    with scheduler(home, log, ends=-signal.SIGKILL) as process:
        wait_for(holder.exists, process, log)
        first = night_of(holder)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: "ended with -9" in log.read_text("utf-8"), process, log)
        wait_for(lambda: f"comment {today(1)}: begins" in log.read_text("utf-8"), process, log)
        wait_for(lambda: night_of(holder) != first, process, log)
        assert process.poll() is None
        night = night_of(holder)
        process.kill()
        process.wait()
        assert Path(f"/proc/{night}").exists()
    with scheduler(home, log) as process:
        wait_for(lambda: len([each for each in records(home) if each["state"] == "done"]) == 2, process, log)
    assert_nights_complete(home, [today(2), today(1)])


def test_the_table(home: Home) -> None:
    ran = yeban("schedule", "list", "--home", home.root).succeeded()
    assert "0 0 * * *" in ran.out
    assert "Asia/Shanghai" in ran.out
    assert f"{today(-1)} 00:00" in ran.out
    assert "none is running for this home" in ran.out
    home.score(day=today(1)).succeeded()
    assert listed(home)["missed"] == [today(2), today(1)], "scored is not a whole night"


def test_nights_that_are_not_done_are_told_apart(home: Home) -> None:
    home.change('heartbeat_file = "beat/comment.json"', "catch_up_nights = 0")
    ran = yeban("schedule", "list", "--home", home.root).succeeded()
    assert f"comment: given up: {today(2)}, more than 0 nights came after" in ran.out
    assert f"to do: yeban nightly comment --date {today(2)}" in ran.out
    assert f"comment: missed: {today(1)}" in ran.out
    (home.root / "dumps").rename(home.root / "elsewhere")
    assert nightly(home, today(1)).without_traceback().code == 1
    assert (
        f"comment: failed: {today(1)}, tried again by "
        in yeban("schedule", "list", "--home", home.root).succeeded().out
    )
    assert listed(home)["given_up"] == [[today(2)]]


def test_a_check_says_which_task_and_night(home: Home) -> None:
    home.change('heartbeat_file = "beat/comment.json"', "catch_up_nights = 0")
    ran = yeban("schedule", "check", "--home", home.root).without_traceback()
    assert ran.code == 3
    assert f"comment {today(2)}: nightly given up: {today(2)} (1 night)" in ran.out


@pytest.mark.slow
def test_a_night_that_somebody_else_finished_beats(home: Home, tmp_path: Path) -> None:
    for back in (2, 1):
        nightly(home, today(back)).succeeded()
    log, beat = tmp_path / "log", home.root / "beat" / "comment.json"
    with scheduler(home, log) as process:
        wait_for(beat.exists, process, log)
    assert json.loads(beat.read_text())["logical_date"] == today(1)
    assert "begins" not in log.read_text("utf-8")


def test_no_job_is_a_mistake(new_home: Callable[..., Home]) -> None:
    home = new_home()
    yeban("schedule", "start", "--home", home.root).failed_with(2, "no job in", "[[schedule.jobs]]")
    assert "none is running" in yeban("schedule", "list", "--home", home.root).succeeded().out
