from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from jobs.calendar.occasions import Job, Occasion
from jobs.schedule.given_up import Course, course_by, given_up
from jobs.schedule.records import nights_of, settled_by
from tests.support.simulated_scheduler import SimulatedScheduler, job, nights

NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
"""20:00 on the 20th in Shanghai: the newest night is that of the 19th."""
SINCE = datetime(2026, 1, 9, tzinfo=UTC)


def spans(
    ended: dict[date, Course] | None = None, *, of: Job | None = None, now: datetime = NOW, since: datetime = SINCE
) -> list[tuple[date, tuple[date, ...]]]:
    courses: dict[date, Course] = ended or {}
    found = given_up(of or job(catch_up_nights=2), now, since, lambda each, _: courses.get(each.night, "never"))
    return [(each.first, each.logical_dates) for each in found]


def test_what_lies_beyond_those_that_are_caught_up_with() -> None:
    assert spans() == [(date(2026, 1, 9), tuple(nights(date(2026, 1, 9), 8)))]  # the 17th, 18th and 19th are run
    assert spans(of=job(catch_up_nights=20)) == []
    assert spans(since=NOW - timedelta(days=3)) == []


def test_nights_that_went_well_part_spans() -> None:
    ended: dict[date, Course] = {date(2026, 1, 12): "in time", date(2026, 1, 16): "in time"}
    assert spans(ended) == [
        (date(2026, 1, 9), tuple(nights(date(2026, 1, 9), 3))),
        (date(2026, 1, 13), tuple(nights(date(2026, 1, 13), 3))),
    ]
    assert spans(dict.fromkeys(nights(date(2026, 1, 1), 30), "in time")) == []


def test_one_that_was_made_up_for_leaves_the_span_its_name() -> None:
    ended: dict[date, Course] = {date(2026, 1, 9): "afterwards", date(2026, 1, 12): "afterwards"}
    left = (date(2026, 1, 10), date(2026, 1, 11), *nights(date(2026, 1, 13), 4))
    assert spans(ended) == [(date(2026, 1, 9), left)]
    assert spans(dict.fromkeys(nights(date(2026, 1, 9), 8), "afterwards")) == []


def test_nights_of_a_weekly_job_are_in_a_row() -> None:
    weekly = job("30 2 * * 1", catch_up_nights=1)
    assert spans(of=weekly, since=datetime(2025, 12, 20, tzinfo=UTC)) == [
        (date(2025, 12, 21), (date(2025, 12, 21), date(2025, 12, 28), date(2026, 1, 4)))
    ]


def test_the_look_back_is_bounded_and_its_bound_does_not_move_each_day() -> None:
    moments = [datetime(2026, 1, 20, 12, tzinfo=UTC) + timedelta(days=days) for days in range(0, 340, 20)]
    found = [spans(now=each, since=datetime(2015, 1, 1, tzinfo=UTC)) for each in moments]
    assert {first for ((first, _),) in found} == {date(2024, 12, 31)}
    assert all(earlier[0][1] < later[0][1] for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("job_name", "state", "hours", "expected"),
    [
        (None, None, 0, "never"),
        ("nightly", "done", -3, "in time"),  # its hour was moved in yeban.toml since
        ("nightly", "done", 1, "in time"),
        ("nightly", "done", 100, "afterwards"),
        ("nightly", "failed", 1, "in time"),  # people heard of it
        ("nightly", "interrupted", 1, "never"),
        ("nightly", "running", 1, "in time"),
        ("nightly", "running", 100, "afterwards"),
        ("score", "done", 1, "never"),  # the night went on to fail
        ("score", "done", 100, "afterwards"),  # a backfill
        ("score", "staged", 100, "afterwards"),
        ("score", "failed", 100, "afterwards"),  # there was no dump to make up for
        ("score", "interrupted", 100, "never"),
        ("monitor", "done", 100, "never"),
    ],
)
def test_what_records_say(
    tmp_path: Path, job_name: str | None, state: str | None, hours: float, expected: Course
) -> None:
    world = SimulatedScheduler(tmp_path, [job()], datetime(2026, 1, 10, 2, 30))
    occasion = Occasion(date(2026, 1, 9), world.now)
    ended = world.now + timedelta(days=3)
    world.now += timedelta(hours=hours)
    if job_name and state:
        world.record("comment", occasion.night, state, host="elsewhere", job=job_name)  # type: ignore[arg-type]
    course = course_by(world.runs.list("comment"), settled_by(nights_of(world.runs, "comment")))
    assert course(occasion, ended) == expected
    assert course(Occasion(date(2026, 1, 8), occasion.at), ended) == "never"
