from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.runs.locks import task_lock, waits_for
from jobs.runs.record import recorded_run
from jobs.runs.yielding import wanting
from jobs.tidy.tidy import TidyRequest, TidyResult, _tidy_held, tidy
from jobs.warehouse.load import LoadRequest, load_staged
from storage.errors import TaskWanted
from storage.lake.journal.marks import Marks
from storage.lake.journal.retirement import Retirement
from storage.lake.parts import PartStore
from storage.records import Slot
from storage.runs.log import RunLog, RunState
from tests.support.retention_home import ROWS, TODAY, home_of, night, rows_by_slot, slot_of_age, summary
from tests.support.tidying import CONTEXT, NOW, OLD, gone, staged, states
from tests.support.waiting import wait_until


def test_by_default_nothing_goes(tmp_path: Path) -> None:
    night(tmp_path, slot_of_age(3000))
    summary(tmp_path, slot_of_age(3000))
    report = tidy(home_of(tmp_path), TidyRequest(), CONTEXT)
    assert (report.gone, report.stayed, report.failures) == ([], [], [])


def test_a_removal_that_was_cut_off_is_finished_first(tmp_path: Path) -> None:
    """The note was written, and then the power went."""
    home = home_of(tmp_path, predictions={"days": 3000})
    night(tmp_path, OLD)
    home.journal.retire(OLD, Retirement(NOW, "too old", ROWS))
    assert load_staged(home, LoadRequest(), CONTEXT).slots == ()
    tidy(home, TidyRequest(), CONTEXT)
    assert rows_by_slot(tmp_path) == {}
    assert home.part_store.slots() == []


def test_the_oldest_go_until_it_is_small_enough(tmp_path: Path) -> None:
    slots = [slot_of_age(days) for days in (50, 40, 30, 20)]
    for slot in slots:
        night(tmp_path, slot)
    size = PartStore(tmp_path / "parts").size(slots[0])
    home = home_of(tmp_path, parts={"gb": size * 2.5 / 1e9})
    assert gone(tidy(home, TidyRequest(), CONTEXT)) == [("parts", slots[0]), ("parts", slots[1])]


def test_a_task_that_a_run_has_is_left_alone(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1})
    night(tmp_path, OLD)
    for job in ("", "monitor", "shadow"):
        with task_lock(home.locks, "comment", job):
            report = tidy(home, TidyRequest(), CONTEXT)
        assert (report.busy, report.gone) == (["comment"], [])
    assert gone(tidy(home, TidyRequest(), CONTEXT)) == [("parts", OLD)]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1}, predictions={"days": 1})
    night(tmp_path, OLD)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    report = tidy(home, TidyRequest(dry_run=True), CONTEXT)
    assert gone(report) == [("predictions", OLD), ("parts", OLD)]
    assert all(choice.item.size for choice in report.gone)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_run_that_waits_gets_the_task_after_the_next_item(tmp_path: Path) -> None:
    """The one that waits scores and is let in between two items; what is left goes after it."""
    home = home_of(tmp_path, parts={"days": 1})
    slots = [slot_of_age(days) for days in (50, 40, 30)]
    for slot in slots:
        night(tmp_path, slot)
    seen: list[int] = []

    def run() -> None:
        with task_lock(home.locks, "comment", "monitor"):
            seen.append(sum(bool(staged(home, slot)) for slot in slots))

    waiter = threading.Thread(target=run)
    with task_lock(home.locks, "comment", "monitor", yields=True):  # as if tidy had it already
        waiter.start()
        while not waits_for(home.locks, "comment", ["monitor"])():
            time.sleep(0.01)
        with wanting(home.locks / "comment.wanted"):
            report = TidyResult()
            with pytest.raises(TaskWanted):
                _tidy_held(home, "comment", CONTEXT, report)
    waiter.join()
    assert [choice.item.target for choice in report.gone] == slots[:1]
    assert seen == [2]
    assert [target for _, target in gone(tidy(home, TidyRequest(), CONTEXT))] == slots[1:]


def test_nobody_is_let_in_after_the_last_item(tmp_path: Path) -> None:
    """The run is over then anyhow, and its record says `done`."""
    home = home_of(tmp_path, parts={"days": 1})
    for days in (50, 40):
        night(tmp_path, slot_of_age(days))
    home.locks.mkdir()
    report = TidyResult()
    with wanting(home.locks / "comment.wanted"):
        with pytest.raises(TaskWanted):
            _tidy_held(home, "comment", CONTEXT, report)
        _tidy_held(home, "comment", CONTEXT, report)
    assert len(report.gone) == 2
    assert states(home) == ["interrupted", "done"]


@pytest.mark.parametrize(("state", "expected"), [("interrupted", ["interrupted", "done"]), ("done", ["done"])])
def test_after_one_that_was_cut_off_a_tidy_says_that_nothing_is_left(
    tmp_path: Path, state: RunState, expected: list[str]
) -> None:
    home, runs = home_of(tmp_path), RunLog(tmp_path / "runs")
    with recorded_run(runs, "tidy", Slot("comment", TODAY, ""), CONTEXT.now) as tally:
        pass
    runs.write(replace(runs.get(tally.run_id), state=state))
    for _ in range(2):
        tidy(home, TidyRequest(), CONTEXT)
    assert states(home) == expected


def test_who_gave_way_and_finds_nothing_left_is_done(tmp_path: Path) -> None:
    """The run that was let in has a use for what was to go next."""
    home = home_of(tmp_path, parts={"days": 1})
    first, last = slot_of_age(50), slot_of_age(40)
    for slot in (first, last):
        night(tmp_path, slot)
    home.locks.mkdir()

    waits = threading.Event()

    def run() -> None:
        with wanting(home.locks / "comment.wanted"):
            waits.set()
            wait_until(lambda: states(home) == ["interrupted"])
            Marks(home.parts).add(last, "again", staged(home, last))

    waiter = threading.Thread(target=run)
    waiter.start()
    waits.wait()
    report = tidy(home, TidyRequest(), CONTEXT)
    waiter.join()
    assert [target for _, target in gone(report)] == [first]
    assert states(home) == ["interrupted", "done"]
