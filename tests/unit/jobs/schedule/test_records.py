from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.calendar.occasions import Occasion
from jobs.schedule.records import SinceStore, nights_of, settled_by
from jobs.schedule.service import HomeRecords
from storage.lake.retired import RetiredStore, Retirement
from storage.records import Slot
from tests.support.simulated_scheduler import SimulatedScheduler, job

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NIGHT = date(2026, 2, 28)


@pytest.fixture
def world(tmp_path: Path) -> SimulatedScheduler:
    world = SimulatedScheduler(tmp_path, [job()], NOW)
    world.now = NOW
    return world


def is_settled(world: SimulatedScheduler, at: datetime) -> bool:
    return settled_by(nights_of(world.runs, "comment"))(Occasion(NIGHT, at))


def test_only_done_counts_and_only_from_its_hour_on(world: SimulatedScheduler) -> None:
    world.record("comment", NIGHT, "failed")
    world.record("comment", date(2026, 2, 27), "done")
    world.record("weibo", NIGHT, "done")
    assert not is_settled(world, NOW)
    world.now += timedelta(seconds=1)
    world.record("comment", NIGHT, "done")
    assert is_settled(world, NOW)
    assert is_settled(world, world.now)
    assert not is_settled(world, world.now + timedelta(seconds=1))


def test_a_later_look_counts_and_a_later_failure_does_not(world: SimulatedScheduler) -> None:
    world.record("comment", NIGHT, "done")
    world.now += timedelta(hours=3)
    world.record("comment", NIGHT, "done")
    assert len(nights_of(world.runs, "comment")) == 1
    assert is_settled(world, world.now)
    world.now += timedelta(hours=1)
    world.record("comment", NIGHT, "failed")
    assert is_settled(world, NOW + timedelta(hours=3))


def test_a_night_whose_predictions_were_retired_is_settled(world: SimulatedScheduler) -> None:
    world.record("comment", NIGHT, "failed")
    retired = RetiredStore(world.home.retired)
    retired.note(Slot("comment", NIGHT, "b1"), Retirement(NOW, "too old", 5))
    occasions = {night: Occasion(night, NOW) for night in (NIGHT, NIGHT - timedelta(days=1))}
    settled = HomeRecords(world.home).settled
    assert [settled("comment")(each) for each in occasions.values()] == [True, False]
    assert not settled("weibo")(occasions[NIGHT])


def test_since_is_kept_and_never_lies_ahead(tmp_path: Path) -> None:
    store = SinceStore(tmp_path / "schedule")
    assert store.read() == {}
    assert store.begin(["comment"], NOW) == {"comment": NOW}
    later = store.begin(["comment", "weibo"], NOW + timedelta(days=1))
    assert later == {"comment": NOW, "weibo": NOW + timedelta(days=1)}
    back = SinceStore(tmp_path / "schedule").begin(["comment"], NOW + timedelta(hours=1))
    assert back["comment"] == NOW
    assert store.begin(["weibo"], NOW - timedelta(days=1))["weibo"] == NOW - timedelta(days=1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"comment": 5}', '{"comment": "soon"}'])
def test_a_broken_file_begins_anew_and_says_what_that_means(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "since.json").write_text(text)
    assert SinceStore(tmp_path).begin(["comment"], NOW) == {"comment": NOW}
    (said,) = caplog.messages
    assert said.startswith(f"{tmp_path / 'since.json'} can't be read")
    assert "answers for no night from before now" in said
    assert "to do: " in said
    SinceStore(tmp_path).begin(["comment"], NOW)
    assert len(caplog.messages) == 1


def test_a_new_home_is_no_damage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    SinceStore(tmp_path).begin(["comment"], NOW)
    assert caplog.messages == []
