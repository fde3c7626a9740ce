from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.config.file import Home
from jobs.runs.locks import task_lock, waits_for
from jobs.runs.progress import LogLines
from jobs.runs.record import recorded_run
from jobs.runs.yielding import wanting
from jobs.tidy.tidy import TidyResult, _tidy_held, tidy
from jobs.warehouse.load import load_staged
from jobs.warehouse.retire import bring_back
from storage.errors import DateRetired, TaskWanted
from storage.files.slot_folders import slot_folder
from storage.lake.parts import PartStore
from storage.lake.replace_orders import ReplaceOrders
from storage.lake.retired import RetiredStore, Retirement
from storage.lake.summaries import SummaryStore
from storage.nights.store import NightStore, StoredNight
from storage.profiles.references import DatesOrigin, Reference, ReferenceStore
from storage.records import Slot
from storage.relabel.annotations import AnnotationLog, StoredAnnotation
from storage.relabel.batches import BatchStore
from storage.runs.log import RunLog, RunRecord, RunState
from tests.support.predictions import part_profile, part_table, units_of
from tests.support.retention_home import ROWS, TODAY, home_of, night, rows_by_slot, slot_of_age, summary
from tests.support.sample_batches import head_of, items_of
from tests.support.waiting import wait_until
from tests.support.warehouse_holder import held_open

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
OLD, YOUNG = slot_of_age(50), slot_of_age(5)


def gone(report: TidyResult) -> list[tuple[str, object]]:
    return [(choice.item.kind, choice.item.target) for choice in report.gone]


def why(report: TidyResult, slot: Slot) -> list[str]:
    return [choice.why for choice in report.stayed if choice.item.target == slot]


def staged(home: Home, slot: Slot) -> set[str]:
    return PartStore(home.parts).staged_units(slot)


def test_by_default_nothing_goes(tmp_path: Path) -> None:
    night(tmp_path, slot_of_age(3000))
    summary(tmp_path, slot_of_age(3000))
    report = tidy(home_of(tmp_path), NOW)
    assert (report.gone, report.stayed, report.failures) == ([], [], [])


def test_parts_go_once_they_are_loaded_and_their_sum_is_kept(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30})
    for slot in (OLD, YOUNG):
        night(tmp_path, slot)
    assert gone(tidy(home, NOW)) == [("parts", OLD)]
    assert not PartStore(home.parts).remains(OLD)
    assert len(staged(home, YOUNG)) == 2
    covered = SummaryStore(home.summaries).units(OLD)
    assert covered is not None
    assert len(covered) == 2
    assert rows_by_slot(tmp_path) == {OLD: ROWS, YOUNG: ROWS}
    assert load_staged(home, None, LogLines()) == []
    assert gone(tidy(home, NOW)) == []


def test_what_is_not_loaded_stays(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30}, predictions={"days": 30})
    night(tmp_path, OLD, loaded=False)
    assert why(tidy(home, NOW), OLD) == ["it is not loaded yet"]
    load_staged(home, None, LogLines())
    PartStore(home.parts).mark(OLD, "again", ["u"])
    report = tidy(home, NOW)
    assert why(report, OLD) == ["--force has ordered it again"] * 2
    PartStore(home.parts).unmark(OLD, "again", ["u"])
    ReplaceOrders(home.parts).add(OLD, ["b0"])
    assert why(tidy(home, NOW), OLD) == ["it is to take the place of other bundles"] * 2
    assert len(staged(home, OLD)) == 2
    assert rows_by_slot(tmp_path) == {OLD: ROWS}


def test_a_locked_warehouse_keeps_the_parts(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30})
    night(tmp_path, OLD)
    config = home.config.model_copy(update={"warehouse": home.config.warehouse.model_copy(update={"patience_s": 0.1})})
    with held_open(home.warehouse):
        report = tidy(Home(tmp_path, config), NOW)
    assert why(report, OLD) == ["the warehouse can't be asked what is loaded"]
    assert len(staged(home, OLD)) == 2


def test_predictions_of_an_old_date_go_and_nothing_brings_them_back(tmp_path: Path) -> None:
    home = home_of(tmp_path, predictions={"days": 30})
    for slot in (OLD, YOUNG):
        night(tmp_path, slot)
    assert gone(tidy(home, NOW)) == [("predictions", OLD)]
    assert rows_by_slot(tmp_path) == {YOUNG: ROWS}
    assert load_staged(home, None, LogLines()) == []
    assert rows_by_slot(tmp_path) == {YOUNG: ROWS}
    assert PartStore(home.parts).slots() == [YOUNG]
    retired = RetiredStore(home.retired)
    assert retired.slots() == [OLD]
    with pytest.raises(DateRetired, match="50 days old, kept are 30"):
        retired.check(OLD)
    retired.check(slot_of_age(50, "another bundle"))
    assert SummaryStore(home.summaries).units(OLD) is not None
    bring_back(home, OLD)
    retired.check(OLD)
    assert retired.slots() == []


def test_a_removal_that_was_cut_off_is_finished_first(tmp_path: Path) -> None:
    """The note was written, and then the power went."""
    home = home_of(tmp_path, predictions={"days": 3000})
    night(tmp_path, OLD)
    RetiredStore(home.retired).note(OLD, Retirement(NOW, "too old", ROWS))
    assert load_staged(home, None, LogLines()) == []
    tidy(home, NOW)
    assert rows_by_slot(tmp_path) == {}
    assert PartStore(home.parts).slots() == []


def test_the_oldest_go_until_it_is_small_enough(tmp_path: Path) -> None:
    slots = [slot_of_age(days) for days in (50, 40, 30, 20)]
    for slot in slots:
        night(tmp_path, slot)
    size = PartStore(tmp_path / "parts").size(slots[0])
    home = home_of(tmp_path, parts={"gb": size * 2.5 / 1e9})
    assert gone(tidy(home, NOW)) == [("parts", slots[0]), ("parts", slots[1])]


def test_dates_of_the_reference_and_of_open_batches_stay(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1}, predictions={"days": 1}, summaries={"days": 1})
    frozen, asked = slot_of_age(60), slot_of_age(40)
    for slot in (frozen, asked, OLD):
        night(tmp_path, slot)
        summary(tmp_path, slot)
    profile = part_profile(part_table(units_of(frozen, 300, 300)[0]))
    origin = DatesOrigin("comment", "b1", frozen.logical_date, frozen.logical_date, 1, 300)
    ReferenceStore(home.references).freeze("comment", Reference(profile, None, origin))
    head = head_of(first_date=asked.logical_date, last_date=asked.logical_date)
    store = BatchStore(home.relabel)
    store.write(head, items_of(head))
    report = tidy(home, NOW)
    assert {choice.item.target for choice in report.gone} == {OLD}
    assert set(why(report, frozen)) == {"the frozen reference is of this date"}
    assert set(why(report, asked)) == {f"batch {head.batch} is being labelled"}
    answers = [StoredAnnotation(f"{head.batch}-{row}", head.labels[0], "甲", NOW) for row in range(3)]
    AnnotationLog(store.folder("comment", head.batch)).add(answers, NOW)
    assert {choice.item.target for choice in tidy(home, NOW).gone} == {asked}


def test_a_batch_that_cannot_be_read_protects_all(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1})
    night(tmp_path, OLD)
    (home.relabel / "task=comment" / "b").mkdir(parents=True)
    (home.relabel / "task=comment" / "b" / "batch.json").write_text("{")
    assert why(tidy(home, NOW), OLD) == ["a batch to label can't be read"]


def test_a_task_that_a_run_has_is_left_alone(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1})
    night(tmp_path, OLD)
    for job in ("", "monitor", "shadow"):
        with task_lock(home.locks, "comment", job):
            report = tidy(home, NOW)
        assert (report.busy, report.gone) == (["comment"], [])
    assert gone(tidy(home, NOW)) == [("parts", OLD)]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1}, predictions={"days": 1})
    night(tmp_path, OLD)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    report = tidy(home, NOW, dry_run=True)
    assert gone(report) == [("predictions", OLD), ("parts", OLD)]
    assert all(choice.item.size for choice in report.gone)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_nights_pages_runs_and_logs(tmp_path: Path) -> None:
    kinds = ("nights", "reports", "evidently", "logs", "shadow", "runs")
    home = home_of(tmp_path, **{kind: {"days": 30} for kind in kinds})
    store = NightStore(home.nights)
    for slot in (slot_of_age(90), OLD, YOUNG):
        store.write(slot, StoredNight(b"{}", b"{}", NOW))
        store.path(slot, "report.html").write_text("<p>")
    old = (TODAY - timedelta(days=40)).strftime("%s")
    for name in ("logs/a.log", "logs/b.log.1", "evidently/p/snapshots/s.json", "reports/shadow/comment/x.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        if name != "logs/a.log":
            os.utime(file, (int(old), int(old)))
    (tmp_path / "shadow" / "task=comment" / f"logical_date={OLD.logical_date}" / "bundle=b2").mkdir(parents=True)
    report = tidy(home, NOW)
    assert report.failures == []
    assert store.slots("comment") == [YOUNG]  # older ones than the trends go back
    assert store.measured_at(YOUNG) is not None
    assert store.has(YOUNG, "report.html")
    assert not store.has(OLD, "report.html")
    assert (tmp_path / "logs/a.log").exists()
    left = [file.name for kind in ("logs", "evidently", "reports") for file in (tmp_path / kind).rglob("*.*")]
    assert left == ["a.log"]
    assert not (tmp_path / "shadow").exists() or list((tmp_path / "shadow").rglob("bundle=*")) == []


def test_records_of_runs(tmp_path: Path) -> None:
    home = home_of(tmp_path, runs={"days": 30})
    log = RunLog(home.run_records)

    def record(name: str, job: str, age: int, state: str = "done") -> None:
        at = NOW - timedelta(days=age)
        flat = {"run_id": name, "job": job, "task": "comment", "logical_date": None, "bundle": None}
        rest = {"finished_at": at.isoformat(), "state": state, "rows": 0, "units": 0, "failures": [], "figures": {}}
        log.write(RunRecord.from_dict({**flat, **rest, "started_at": at.isoformat(), "host": "another", "pid": 1}))

    for name, job, age, state in (
        ("old", "score", 90, "done"),
        ("running", "score", 80, "running"),
        ("new", "score", 5, "done"),
        ("only", "train", 500, "done"),
        ("night", "nightly", 100, "done"),
        ("ancient", "nightly", 800, "done"),
        ("tonight", "nightly", 1, "done"),
    ):
        record(name, job, age, state)
    report = tidy(home, NOW)
    assert sorted(choice.item.target.name for choice in report.gone if isinstance(choice.item.target, Path)) == [
        "ancient.json",
        "old.json",
    ]
    assert {each.run_id for each in log.list()} == {"running", "new", "only", "night", "tonight"}


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
                _tidy_held(home, "comment", NOW, report)
    waiter.join()
    assert [choice.item.target for choice in report.gone] == slots[:1]
    assert seen == [2]
    assert [target for _, target in gone(tidy(home, NOW))] == slots[1:]


def states(home: Home) -> list[str]:
    """Of the task's tidies, the oldest first."""
    return [each.state for each in reversed(RunLog(home.run_records).list("comment")) if each.job == "tidy"]


def test_nobody_is_let_in_after_the_last_item(tmp_path: Path) -> None:
    """The run is over then anyhow, and its record says `done`."""
    home = home_of(tmp_path, parts={"days": 1})
    for days in (50, 40):
        night(tmp_path, slot_of_age(days))
    home.locks.mkdir()
    report = TidyResult()
    with wanting(home.locks / "comment.wanted"):
        with pytest.raises(TaskWanted):
            _tidy_held(home, "comment", NOW, report)
        _tidy_held(home, "comment", NOW, report)
    assert len(report.gone) == 2
    assert states(home) == ["interrupted", "done"]


@pytest.mark.parametrize(("state", "expected"), [("interrupted", ["interrupted", "done"]), ("done", ["done"])])
def test_after_one_that_was_cut_off_a_tidy_says_that_nothing_is_left(
    tmp_path: Path, state: RunState, expected: list[str]
) -> None:
    home, runs = home_of(tmp_path), RunLog(tmp_path / "runs")
    with recorded_run(runs, "tidy", Slot("comment", TODAY, "")) as tally:
        pass
    runs.write(replace(runs.get(tally.run_id), state=state))
    for _ in range(2):
        tidy(home, NOW)
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
            PartStore(home.parts).mark(last, "again", staged(home, last))

    waiter = threading.Thread(target=run)
    waiter.start()
    waits.wait()
    report = tidy(home, NOW)
    waiter.join()
    assert [target for _, target in gone(report)] == [first]
    assert states(home) == ["interrupted", "done"]


def test_what_can_not_be_removed_is_tried_and_told_once(tmp_path: Path) -> None:
    """The task is given away after the next item, and what is left is looked up anew."""
    home = home_of(tmp_path, parts={"days": 1})
    bad, good, last = (slot_of_age(days) for days in (50, 40, 30))
    for slot in (bad, good, last):
        night(tmp_path, slot)
    for profile in slot_folder(home.parts, bad).glob("profile-*.json"):
        profile.write_text("no profile")
    report = TidyResult()
    home.locks.mkdir()
    with wanting(home.locks / "comment.wanted"), pytest.raises(TaskWanted):
        _tidy_held(home, "comment", NOW, report)
    _tidy_held(home, "comment", NOW, report)
    assert [choice.item.target for choice in report.gone] == [good, last]
    assert len(report.failures) == 1
    assert states(home) == ["interrupted", "failed"]
    assert "don't add up" in report.failures[0].got
