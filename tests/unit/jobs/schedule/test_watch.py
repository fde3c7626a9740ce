"""Weeks of nights on a clock that is set by hand: each ends once, in order.

More nights are missed than are caught up with, and the watch passes them over; test_service.py: people are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from jobs.schedule.service import HomeRecords
from jobs.schedule.watch import LONGEST_WAIT, Watch
from tests.support.simulated_scheduler import AlertingScheduler, SimulatedScheduler, job, nights, well

NOON = datetime(2026, 3, 1, 12)


def failing(*nights: date, times: int = 1, code: int = 1) -> Callable[[str, date, int], int]:
    """Some nights end badly a few times."""
    return lambda _task, night, count: code if night in nights and count <= times else 0


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Shanghai", datetime(2026, 2, 20, 12)),
        ("America/New_York", datetime(2026, 3, 1, 12)),  # 02:30 is skipped on the 8th
        ("America/New_York", datetime(2026, 10, 25, 12)),
        ("Europe/Berlin", datetime(2026, 3, 20, 12)),  # 02:30 is skipped on the 29th
        ("Europe/Berlin", datetime(2026, 10, 15, 12)),  # 02:30 comes twice on the 25th
        ("Australia/Lord_Howe", datetime(2026, 9, 25, 12)),  # half an hour is skipped
        ("America/Santiago", datetime(2026, 8, 30, 12)),  # midnight is skipped
        ("Asia/Kathmandu", datetime(2026, 12, 20, 12)),
    ],
)
@pytest.mark.parametrize("cron", ["30 2 * * *", "30 1 * * *", "0 0 * * *", "59 23 * * *"])
def test_each_night_once_in_any_zone(tmp_path: Path, zone: str, first: datetime, cron: str) -> None:
    world = SimulatedScheduler(tmp_path, [job(cron, zone)], first)
    world.live(days=20)
    assert world.nights() == nights(first.date() - timedelta(days=cron.startswith("59")), 20)[-len(world.nights()) :]
    assert len(world.nights()) == 20
    assert len(world.ran) == 20


def test_an_hour_is_that_of_the_zone_before_and_after_the_clock_changes(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job("30 2 * * *", "Europe/Berlin")], datetime(2026, 10, 23, 12))
    world.live(days=4)
    assert [each.astimezone(UTC).strftime("%d %H:%M") for _, _, each in world.ran] == [
        "24 00:30",
        "25 00:30",
        "26 01:30",
        "27 01:30",
    ]


def test_weekdays_and_month_ends(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job("0 3 31 * 0", days_back=0)], datetime(2026, 1, 1))
    world.live(days=62)
    sundays = {date(2026, 1, 4) + timedelta(days=7 * week) for week in range(9)}
    assert world.nights() == sorted(sundays | {date(2026, 1, 31)})


def test_a_machine_that_slept_for_three_nights_takes_them_up_oldest_first(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(days=2)
    world.sleep(days=3)
    world.live(days=2)
    assert world.nights() == nights(date(2026, 3, 1), 7)
    slept = [each for _, night, each in world.ran if night in nights(date(2026, 3, 3), 3)]
    assert slept[-1] - slept[0] == 2 * world.takes


def test_a_power_cut_of_three_nights_is_the_same(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(days=2)
    world.sleep(days=3)
    world.restart()
    world.live(days=2)
    assert world.nights() == nights(date(2026, 3, 1), 7)
    assert len(world.ran) == 7


def test_a_power_cut_before_the_first_night(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(hours=1)
    world.sleep(days=2)
    world.restart()
    world.live(minutes=1)
    assert world.nights() == nights(date(2026, 3, 1), 2)


def test_no_more_is_caught_up_than_asked_for(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job(catch_up_nights=2)], NOON)
    world.live(days=1)
    world.sleep(days=30)
    world.live(days=1)
    assert world.nights() == [date(2026, 3, 1), *nights(date(2026, 3, 29), 4)]


def test_a_scheduler_that_is_new_runs_nothing_from_before(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(hours=14)
    assert world.ran == []
    world.live(hours=1)
    assert world.nights() == [date(2026, 3, 1)]


def test_a_task_that_is_added_later_begins_then(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(days=3)
    world.jobs.append(job("0 4 * * *", task="weibo"))
    world.restart()
    world.live(days=2)
    assert world.nights() == nights(date(2026, 3, 1), 5)
    assert world.nights("weibo") == nights(date(2026, 3, 4), 2)


@pytest.mark.parametrize("back", [{"minutes": 5}, {"hours": 5}, {"days": 1}, {"days": 4}])
@pytest.mark.parametrize("moment", [{"hours": 0.5}, {"hours": 14.6}, {"hours": 16}])
@pytest.mark.parametrize("restart", [False, True])
def test_a_clock_that_is_set_back(
    tmp_path: Path, back: dict[str, float], moment: dict[str, float], restart: bool
) -> None:
    """What was done stays done; what comes again is not run again."""
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(days=6)
    world.live(**moment)
    world.sleep(**{unit: -value for unit, value in back.items()})
    if restart:
        world.restart()
    world.live(days=8)
    done = world.nights()
    assert Counter(done).most_common(1)[0][1] == 1
    assert sorted(done) == nights(date(2026, 3, 1), len(done))
    assert done[-1] >= (NOON + timedelta(days=6) + timedelta(**moment) - timedelta(**back) + timedelta(days=6)).date()


def test_a_clock_that_was_wrong_when_the_scheduler_was_set_up(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], datetime(2031, 3, 1, 12))
    world.live(minutes=1)
    world.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    world.live(days=3)
    assert world.nights() == nights(date(2026, 3, 1), 3)


def test_a_clock_that_was_ahead_for_a_while(tmp_path: Path) -> None:
    """Nights of the wrong days fail, because nothing was delivered; the right ones come all the same."""
    last = date(2026, 3, 20)
    world = SimulatedScheduler(tmp_path, [job()], NOON, lambda _t, night, _c: int(night > last))
    world.live(days=2)
    world.sleep(days=365)
    world.live(hours=3)
    world.sleep(days=-365)
    world.live(days=3)
    assert len(world.nights()) >= 5
    assert world.nights() == nights(date(2026, 3, 1), len(world.nights()))


def test_a_night_that_fails_is_tried_again_after_growing_waits(tmp_path: Path) -> None:
    bad = date(2026, 3, 2)
    world = SimulatedScheduler(tmp_path, [job()], NOON, failing(bad, times=4), takes=timedelta(minutes=1))
    world.live(days=5)
    moments = [each for _, night, each in world.ran if night == bad]
    waits = [round((b - a).total_seconds() / 60) for a, b in pairwise(moments)]
    assert len(moments) == 5
    assert waits == sorted(waits)
    assert waits[0] >= 10
    assert waits[-1] >= 80
    assert sorted(world.nights()) == nights(date(2026, 3, 1), 5)


def test_a_night_that_can_not_be_mended_holds_up_no_other(tmp_path: Path) -> None:
    bad = date(2026, 3, 2)
    world = SimulatedScheduler(
        tmp_path, [job(catch_up_nights=3)], NOON, failing(bad, times=10_000), takes=timedelta(minutes=1)
    )
    world.live(days=10)
    assert world.nights() == [each for each in nights(date(2026, 3, 1), 10) if each != bad]
    assert 10 < world.tried(bad) < 4 * 24 / (LONGEST_WAIT / timedelta(hours=1)) + 8
    on_time = [each for _, night, each in world.ran if night != bad]
    assert {f"{each.astimezone(world.jobs[0].zone):%H}" for each in on_time} == {"02"}


@pytest.mark.parametrize("code", [1, 2, 75, -9, -15])
def test_however_a_try_ends_the_night_ends_once(tmp_path: Path, code: int) -> None:
    bad = (date(2026, 3, 2), date(2026, 3, 4))
    world = SimulatedScheduler(tmp_path, [job()], NOON, failing(*bad, times=2, code=code))
    world.live(days=6)
    assert sorted(world.nights()) == nights(date(2026, 3, 1), 6)
    assert [world.tried(night) for night in bad] == [3, 3]
    assert sorted(world.succeeded) == nights(date(2026, 3, 1), 6)


def test_the_heartbeat_comes_after_success_only(tmp_path: Path) -> None:
    world = SimulatedScheduler(
        tmp_path, [job()], NOON, lambda _t, night, _c: {date(2026, 3, 2): 1, date(2026, 3, 3): 3}.get(night, 0)
    )
    world.live(days=4)
    assert world.succeeded == [date(2026, 3, 1), date(2026, 3, 3), date(2026, 3, 4)]


def test_a_success_that_is_not_on_record_is_none(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.watch = world.new_watch()
    world.record = lambda *_: None  # type: ignore[method-assign]  # as where the disk was full
    world.live(hours=20)
    assert world.succeeded == []
    assert 1 < len(world.ran) < 12


def test_a_night_that_somebody_did_by_hand_before_its_hour_is_looked_at_once(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(hours=13)  # 01:00
    world.record("comment", date(2026, 3, 1), "done")
    world.live(days=1)
    assert world.nights() == [date(2026, 3, 1)]
    assert len(world.ran) == 1


def test_a_night_that_cron_did_at_its_hour_is_not_run(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.sleep(hours=15)
    world.record("comment", date(2026, 3, 1), "done")
    world.live(hours=8)
    assert world.ran == []


def test_a_second_hour_looks_again_and_leaves_one_record(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job("30 2,5 * * *")], NOON)
    world.live(days=3)
    assert world.nights() == nights(date(2026, 3, 1), 3)
    assert [world.tried(night) for night in nights(date(2026, 3, 1), 3)] == [2, 2, 2]


def test_two_schedulers_that_should_not_be(tmp_path: Path) -> None:
    """Even where the lock between them fails, as on a network disk, each night has one record."""
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    other = world.new_watch()
    for _ in range(5):
        world.live(hours=12)
        other.round("comment")
        world.live(hours=12)
        other.round("comment")
    assert world.nights() == nights(date(2026, 3, 1), 5)


def test_nothing_begins_once_it_is_stopped(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON, well)
    world.live(hours=1)
    world.sleep(days=3)
    world.answer = lambda *_: world.watch.stop() or 0  # type: ignore[func-returns-value]
    world.watch.round("comment")
    assert len(world.ran) == 1


def test_records_are_read_only_where_something_is_open(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no run is told of when the folder is read, and stops no night."""
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    world.live(days=2)
    (tmp_path / "runs" / "broken.json").write_text("{")
    world.live(hours=10)  # a look every few minutes, and not one of them at the folder
    assert "broken.json" not in caplog.text
    world.live(days=1)
    assert caplog.text.count("broken.json is not the record of a run") == 1
    assert world.nights() == nights(date(2026, 3, 1), 3)


def test_the_warehouse_is_locked_for_an_hour(tmp_path: Path) -> None:
    begins = NOON.replace(tzinfo=job().zone) + timedelta(days=1, hours=14, minutes=30)  # 02:30
    ends = begins + timedelta(hours=1)
    world = AlertingScheduler(
        tmp_path, [job()], NOON, lambda _task, _night, _count: int(begins <= world.now < ends), timedelta(minutes=5)
    )
    world.live(days=3)
    assert world.nights() == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
    tries = [moment for _, night, moment in world.ran if night == date(2026, 3, 2)]
    assert len(tries) == 4
    told = [(moment - tries[0], night, trouble) for moment, night, trouble in world.heard]
    assert all(night == "2026-03-02" and waited > timedelta(hours=1) for waited, night, _ in told)
    assert len(told) <= 1


def test_another_run_that_is_at_it_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON, failing(date(2026, 3, 1), code=75))
    with caplog.at_level("INFO", "yeban.schedule"):
        world.live(days=1)
    assert "comment 2026-03-01: another run is at it; looked at again in 0:10:00" in caplog.messages
    assert {each.levelname for each in caplog.records} == {"INFO"}


def test_a_night_that_somebody_else_finished_is_known_to_be_done(tmp_path: Path) -> None:
    """As one that outlived a scheduler that was killed."""
    world = SimulatedScheduler(tmp_path, [job()], NOON, failing(date(2026, 3, 1), times=100, code=75))
    world.live(hours=15)
    assert world.watch.newest_done("comment") is None
    world.record("comment", date(2026, 3, 1), "done")
    world.live(hours=2)
    assert world.succeeded == []
    assert world.watch.newest_done("comment") == date(2026, 3, 1)
    assert world.watch.newest_done("weibo") is None


def test_a_night_that_is_at_work_is_not_among_them(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], NOON)
    seen: list[date | None] = []
    world.watch = Watch(
        world.jobs,
        HomeRecords(world.home),
        world._run,
        lambda *_: seen.append(world.watch.newest_done("comment")),
        lambda: world.now,
        timedelta(minutes=10),
    )
    world.live(days=2)
    assert seen == [None, date(2026, 3, 1)]
    assert world.watch.newest_done("comment") == date(2026, 3, 2)
